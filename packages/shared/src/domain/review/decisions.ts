import { z } from "zod";

/**
 * keep: some members stay, the others may be archived. not-duplicates: the members are different pictures, never to
 * be grouped again. undo: an earlier decision is taken back.
 */
export const Verdict = z.enum(["keep", "not-duplicates", "undo"]);
export type Verdict = z.infer<typeof Verdict>;

/** How far the archive of a decision's images is: their files are moved away, or back. */
export const ArchiveState = z.enum(["archiving", "archived", "restoring", "restored"]);
export type ArchiveState = z.infer<typeof ArchiveState>;

/** A fact about a group: who decided what for which images. Never changed once written. */
export interface Decision {
  readonly id: string;
  readonly verdict: Verdict;
  /** Ordinals of the group as it was shown, ascending. */
  readonly members: readonly number[];
  /** Those of them that stay. */
  readonly keep: readonly number[];
  /** The decision that an undo takes back. */
  readonly undoes: string | null;
}

/** The decisions that stand: those that no undo took back. */
export const effectiveDecisions = <Fact extends Decision>(decisions: readonly Fact[]): Fact[] => {
  const undone = new Set(decisions.map(({ undoes }) => undoes));
  return decisions.filter(({ id, verdict }) => verdict !== "undo" && !undone.has(id));
};

/** What earlier decisions say about a group of a later run. */
export interface DecisionState {
  /** Decided for all of its members together. */
  readonly decisionId: string | null;
  /** Decided for some of them, two at least, before another image joined. */
  readonly reopenedId: string | null;
}

/** Looks up what stands for a group: the newest decision that covers all of it, or the newest that covers a part. */
export const decisionIndex = (decisions: readonly Decision[]): ((members: readonly number[]) => DecisionState) => {
  const byOrdinal = new Map<number, Decision[]>();
  for (const decision of effectiveDecisions(decisions)) {
    for (const ordinal of decision.members) {
      const known = byOrdinal.get(ordinal);
      if (known === undefined) byOrdinal.set(ordinal, [decision]);
      else known.push(decision);
    }
  }
  return (members) => {
    const shared = new Map<Decision, number>();
    for (const ordinal of members)
      for (const decision of byOrdinal.get(ordinal) ?? []) shared.set(decision, (shared.get(decision) ?? 0) + 1);
    let [decisionId, reopenedId]: (string | null)[] = [null, null];
    for (const [decision, count] of shared) {
      if (count === members.length) decisionId = decision.id;
      else if (count > 1) reopenedId = decision.id;
    }
    return { decisionId: decisionId ?? null, reopenedId: decisionId === null ? (reopenedId ?? null) : null };
  };
};

/** For each image the images it is no duplicate of, as far as owners have said so. */
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
 * Splits a group so that no part holds a suppressed pair: each member, in order, goes to the part
 * whose nearest member is nearest to it, of the parts that have none of its suppressed images.
 * Parts of one are dropped.
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
    let [best, least]: [number[] | null, number] = [null, Number.POSITIVE_INFINITY];
    for (const part of parts) {
      if (part.some((other) => suppressed?.has(other))) continue;
      const nearest = Math.min(...part.map((other) => distance(ordinal, other)));
      if (best === null || nearest < least) [best, least] = [part, nearest];
    }
    if (best === null) parts.push([ordinal]);
    else best.push(ordinal);
  }
  return parts.filter(({ length }) => length > 1);
};
