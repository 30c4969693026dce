import fc from "fast-check";

/** kill -9 of services at some moment of what they do. */
export interface Kill {
  readonly victim: "api" | "coordinator" | "hasher" | "comparer" | "all";
  readonly afterMs: number;
}

/**
 * What an owner, the owner's other programs and accidents do, one after another. A file, a folder, a group, a decision
 * or an archive is a number that is reduced to those that exist then, so that every part of a sequence is a sequence.
 */
export type Operation =
  | { readonly do: "rename" | "metadata" | "touch" | "chmod"; readonly file: number }
  | { readonly do: "move"; readonly file: number; readonly folder: number }
  | { readonly do: "exchange"; readonly file: number; readonly other: number }
  | { readonly do: "copy"; readonly file: number; readonly folder: number; readonly keepsTimes: boolean }
  | { readonly do: "link"; readonly file: number; readonly folder: number }
  | { readonly do: "edit"; readonly file: number; readonly picture: number }
  | { readonly do: "unmount"; readonly part: "root" | "folder"; readonly folder: number; readonly leavesEmpty: boolean }
  | { readonly do: "remount"; readonly as: "before" | "copy" | "another name" }
  | { readonly do: "scan"; readonly mode: "new" | "full"; readonly kill: Kill | null }
  | { readonly do: "keep"; readonly group: number; readonly stays: number }
  | { readonly do: "not-duplicates"; readonly group: number }
  | { readonly do: "undo"; readonly decision: number }
  /** The whole folder as `cp -a` copies it, which the catalog gets as its root. */
  | { readonly do: "copy-root"; readonly leavesOld: boolean }
  | { readonly do: "archive"; readonly to: "root" | "folder" | "disk"; readonly kill: Kill | null }
  | { readonly do: "empty"; readonly kill: Kill | null }
  | { readonly do: "restore"; readonly archive: number; readonly kill: Kill | null };

const number = fc.nat({ max: 63 });
/** Now and then: a kill takes as long as ten other operations. */
const seldom = (share: number, arbitrary: fc.Arbitrary<Kill>): fc.Arbitrary<Kill | null> =>
  fc.oneof({ weight: share - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const kill = seldom(
  15,
  fc.record({
    victim: fc.constantFrom<Kill["victim"]>("api", "coordinator", "hasher", "comparer", "all"),
    afterMs: fc.nat({ max: 120 }),
  }),
);
const archivesKill = seldom(8, fc.record({ victim: fc.constant("api" as const), afterMs: fc.nat({ max: 40 }) }));

const keep = fc.record({ do: fc.constant("keep" as const), group: number, stays: number });

const archive = fc.record({
  do: fc.constant("archive" as const),
  to: fc.constantFrom("root" as const, "folder" as const, "disk" as const),
  kill: archivesKill,
});
const empty = fc.record({ do: fc.constant("empty" as const), kill: archivesKill });
const restore = fc.record({ do: fc.constant("restore" as const), archive: number, kill: archivesKill });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("rename" as const, "metadata" as const, "touch" as const, "chmod" as const),
      file: number,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move" as const), file: number, folder: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("exchange" as const), file: number, other: number }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("copy" as const), file: number, folder: number, keepsTimes: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("link" as const), file: number, folder: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("copy-root" as const), leavesOld: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("edit" as const), file: number, picture: number }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("unmount" as const),
      part: fc.constantFrom("folder" as const, "folder" as const, "root" as const),
      folder: number,
      leavesEmpty: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("remount" as const),
      as: fc.constantFrom("before" as const, "copy" as const, "another name" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("scan" as const),
      mode: fc.constantFrom("new" as const, "new" as const, "new" as const, "full" as const),
      kill,
    }),
  },
  { weight: 5, arbitrary: keep },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("not-duplicates" as const), group: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("undo" as const), decision: number }) },
  { weight: 3, arbitrary: archive },
  { weight: 1, arbitrary: empty },
  { weight: 3, arbitrary: restore },
);

/** One operation, or some that mean little alone: what is archived must have been decided before. */
const operations: fc.Arbitrary<Operation[]> = fc.oneof(
  { weight: 20, arbitrary: operation.map((one) => [one]) },
  { weight: 2, arbitrary: fc.tuple(keep, archive) },
  { weight: 1, arbitrary: fc.tuple(keep, archive, empty) },
  { weight: 1, arbitrary: fc.tuple(keep, archive, restore) },
);

/** Sequences that follow a first scan: mostly some groups are decided, so that there is something to lose. */
export const sequences: fc.Arbitrary<Operation[]> = fc
  .tuple(fc.array(keep, { maxLength: 4 }), fc.array(operations, { minLength: 3, maxLength: 12 }))
  .map(([decisions, parts]) => [...decisions, ...parts.flat()]);
