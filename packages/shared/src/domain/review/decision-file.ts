import { z } from "zod";
import { isDecidable } from "./decisions.ts";

/**
 * A decision by the content of its pictures, as a line of a file: it holds in another catalog, on another machine, and
 * after everything but the pictures was lost.
 */
export const DecisionLine = z.strictObject({
  verdict: z.enum(["keep", "not-duplicates"]),
  members: z
    .array(
      z.strictObject({
        path: z.string().max(65_536),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal"),
        keep: z.boolean(),
      }),
    )
    .min(2)
    .max(100_000),
  decidedBy: z.string().max(200),
  decidedAt: z.iso.datetime(),
});
export type DecisionLine = z.infer<typeof DecisionLine>;

interface Place {
  readonly ordinal: number;
  readonly path: string;
}

/**
 * The images that a line is about: of several copies of a content the one with the line's path, else any that no other
 * member is. A member that is no longer there is left out.
 * @param imagesOf live images by the SHA-256 of their files, in hexadecimal
 * @returns null where nothing is left to decide: fewer than two members, or none of those that stay
 */
export const resolveLine = (
  { verdict, members }: Pick<DecisionLine, "verdict" | "members">,
  imagesOf: ReadonlyMap<string, readonly Place[]>,
): { readonly members: number[]; readonly keep: number[] } | null => {
  const chosen = new Map<number, boolean>();
  // Of each content its copies by their paths: thousands of members may be copies of one.
  const contents = new Map(
    [...new Set(members.map(({ sha256 }) => sha256))].map((sha256) => {
      const places = imagesOf.get(sha256) ?? [];
      return [
        sha256,
        { byPath: new Map(places.map((place) => [place.path, place])), places: places.values() },
      ] as const;
    }),
  );
  /** A copy that no member has yet; those before it in the iterator have one. */
  const nextFree = (sha256: string): Place | undefined => {
    const places = contents.get(sha256)?.places;
    let next = places?.next();
    while (next?.done === false && chosen.has(next.value.ordinal)) next = places?.next();
    return next?.done === false ? next.value : undefined;
  };
  const elsewhere: DecisionLine["members"] = [];
  for (const member of members) {
    const place = contents.get(member.sha256)?.byPath.get(member.path);
    if (place === undefined || chosen.has(place.ordinal)) elsewhere.push(member);
    else chosen.set(place.ordinal, member.keep);
  }
  // What stays is looked for first: where a copy is gone, it is the one that was to go.
  for (const { sha256, keep } of elsewhere.sort((a, b) => Number(b.keep) - Number(a.keep))) {
    const place = nextFree(sha256);
    if (place !== undefined) chosen.set(place.ordinal, keep);
  }
  const ordinals = [...chosen.keys()].sort((a, b) => a - b);
  const keep = ordinals.filter((ordinal) => verdict === "not-duplicates" || chosen.get(ordinal) === true);
  const about = { members: ordinals, keep };
  return isDecidable(about) ? about : null;
};
