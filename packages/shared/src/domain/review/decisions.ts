import { z } from "zod";
import { groupBy } from "../primitives/group-by.ts";

/**
 * keep: some members stay, the others may be archived. not-duplicates: the members are different pictures, never to
 * be grouped again. undo: an earlier decision is taken back.
 */
export const Verdict = z.enum(["keep", "not-duplicates", "undo"]);
export type Verdict = z.infer<typeof Verdict>;

/**
 * How far the archive of a decision's images is: their files are moved away, or back (partly, where some could not be),
 * or deleted for good.
 */
export const ArchiveState = z.enum([
  "archiving",
  "archived",
  "restoring",
  "partly-restored",
  "restored",
  "emptying",
  "emptied",
]);
export type ArchiveState = z.infer<typeof ArchiveState>;

/** A fact about a group: which verdict holds for which images. It never changes once it is written. */
export interface Decision {
  readonly id: string;
  readonly verdict: Verdict;
  /** Ordinals of the group as it was shown, ascending. */
  readonly members: readonly number[];
  /** The members that stay. */
  readonly keep: readonly number[];
  /** The decision that an undo takes back, or that this one continues for files whose metadata has changed. */
  readonly undoes: string | null;
}

/** The decisions that are effective: those that no undo took back. */
export const effectiveDecisions = <Fact extends Decision>(decisions: readonly Fact[]): Fact[] => {
  const undone = new Set(decisions.map(({ undoes }) => undoes));
  return decisions.filter(({ id, verdict }) => verdict !== "undo" && !undone.has(id));
};

/**
 * Effective decisions about images whose files have been replaced by others of the same picture, as decisions about those.
 * An image that a decision is about already takes no other one's place in it: both were decided about.
 * @param replacements images that show the same picture, by the ordinal of the image that they replace
 */
export const continuedDecisions = <Fact extends Decision>(
  decisions: readonly Fact[],
  replacements: ReadonlyMap<number, number>,
): Fact[] =>
  effectiveDecisions(decisions).flatMap((decision) => {
    const members = new Set(decision.members);
    const replacementOf = (ordinal: number): number => {
      const replacement = replacements.get(ordinal);
      return replacement === undefined || members.has(replacement) ? ordinal : replacement;
    };
    if (decision.members.every((ordinal) => replacementOf(ordinal) === ordinal)) return [];
    const replaced = (ordinals: readonly number[]): number[] =>
      [...new Set(ordinals.map(replacementOf))].sort((a, b) => a - b);
    return { ...decision, members: replaced(decision.members), keep: replaced(decision.keep), undoes: decision.id };
  });

type Content = Pick<Decision, "verdict" | "members" | "keep">;

/** Equal for decisions that say the same about the same images. */
export const decisionKey = ({ verdict, members, keep }: Content): string =>
  [verdict, members.join(), keep.join()].join(" ");

/**
 * A decision about the images that some of its members are.
 * @returns null where nothing is left to decide: fewer than two members, or none of those that stay
 */
export const decisionOnly = (
  { verdict, members, keep }: Content,
  images: ReadonlyMap<number, number>,
): Content | null => {
  const present = (ordinals: readonly number[]): number[] =>
    ordinals.flatMap((ordinal) => images.get(ordinal) ?? []).sort((a, b) => a - b);
  const about = { verdict, members: present(members), keep: present(keep) };
  return isDecidable(about) ? about : null;
};

/** Whether something is left to decide: two members, and one that stays. */
export const isDecidable = ({ members, keep }: Pick<Decision, "members" | "keep">): boolean =>
  members.length > 1 && keep.length > 0;

/** What earlier decisions say about a group of a later run. */
export interface DecisionState {
  /** The decision that covers all members of the group. */
  readonly decisionId: string | null;
  /** The decision that covers two members at least, but not the images that joined the group since. */
  readonly reopenedId: string | null;
}

/** Looks up a group's state: the newest decision that covers all of it, or else the newest that covers a part. */
export const decisionIndex = (decisions: readonly Decision[]): ((members: readonly number[]) => DecisionState) => {
  const covered = effectiveDecisions(decisions).flatMap(({ id, members }, position) =>
    members.map((ordinal) => ({ ordinal, id, position })),
  );
  const byOrdinal = groupBy(covered, ({ ordinal }) => ordinal);
  return (members) => {
    const shared = members.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []).sort((a, b) => a.position - b.position);
    let decisionId: string | null = null;
    let reopenedId: string | null = null;
    for (const [id, { length }] of groupBy(shared, ({ id }) => id)) {
      if (length === members.length) decisionId = id;
      else if (length > 1) reopenedId = id;
    }
    return { decisionId, reopenedId: decisionId === null ? reopenedId : null };
  };
};

/** For each image the images that owners have decided it is no duplicate of. */
export type Suppressions = ReadonlyMap<number, ReadonlySet<number>>;

export const suppressionsOf = (decisions: readonly Decision[]): Suppressions => {
  const suppressions = new Map<number, Set<number>>();
  for (const { verdict, members } of effectiveDecisions(decisions)) {
    if (verdict !== "not-duplicates") continue;
    for (const ordinal of members) {
      const others = suppressions.get(ordinal) ?? new Set();
      for (const other of members) if (other !== ordinal) others.add(other);
      suppressions.set(ordinal, others);
    }
  }
  return suppressions;
};

/**
 * Divides a group into parts without suppressed pairs: each member, in order, joins the part whose nearest member is
 * nearest to it, among the parts that have none of its suppressed images. Parts of one image are dropped.
 */
export const separate = (
  members: readonly number[],
  suppressions: Suppressions,
  distance: (a: number, b: number) => number,
): number[][] => {
  if (!members.some((ordinal) => suppressions.has(ordinal))) return [[...members]];
  const parts: number[][] = [];
  for (const ordinal of members) {
    const suppressed = suppressions.get(ordinal);
    let nearestPart: number[] | null = null;
    let nearestDistance = Number.POSITIVE_INFINITY;
    for (const part of parts) {
      if (part.some((other) => suppressed?.has(other))) continue;
      const nearest = Math.min(...part.map((other) => distance(ordinal, other)));
      if (nearest < nearestDistance) {
        nearestPart = part;
        nearestDistance = nearest;
      }
    }
    if (nearestPart === null) parts.push([ordinal]);
    else nearestPart.push(ordinal);
  }
  return parts.filter(({ length }) => length > 1);
};
