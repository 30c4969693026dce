import { at } from "@lookalike/shared/domain/primitives/columns";
import type { FoundPairs, PairTruth } from "./pairs.ts";
import type { FileTruth } from "./truth.ts";

/** Kinds that say: moments of one scene, none a copy of another. */
const APART = new Set(["burst", "similar"]);

/** Everything that one distance limit gives. */
export interface PairScore {
  readonly limit: number;
  readonly right: number;
  readonly wrong: number;
  readonly precision: number;
  /** The mean of the recalls of all edits. */
  readonly recall: number;
  readonly recallOf: Readonly<Record<string, number>>;
  /** Wrong pairs by the class of the look-alikes; originals and their edits are "strangers". */
  readonly wrongOf: Readonly<Record<string, number>>;
}

/** Counts by distance, of which each limit sums up a part. */
interface Counts {
  readonly right: number[];
  readonly wrong: number[];
  readonly found: Map<string, number[]>;
  readonly wrongOf: Map<string, number[]>;
}

const add = (counts: number[], distance: number): void => {
  counts[distance] = (counts[distance] ?? 0) + 1;
};

const listOf = (lists: Map<string, number[]>, name: string): number[] => {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
};

const upTo = (counts: readonly number[], limit: number): number =>
  counts.slice(0, limit + 1).reduce((sum, count) => sum + (count ?? 0), 0);

/** The class of a wrong pair, whose files may be of two. */
export const classOf = (a: FileTruth, b: FileTruth): string => {
  if (a.class === b.class && a.edit === null && a.class !== "original") return a.class;
  const drawn = [a, b].filter(({ class: name }) => name !== "original" && name !== "edit");
  return drawn.length === 0 ? "strangers" : "of two classes";
};

const count = (truth: PairTruth, { a, b, distance, kinds }: FoundPairs): Counts => {
  const counts: Counts = { right: [], wrong: [], found: new Map(), wrongOf: new Map() };
  for (let pair = 0; pair < a.length; pair += 1) {
    const [x, y, bits] = [at(a, pair), at(b, pair), at(distance, pair)];
    const verdict = truth.verdict(x, y);
    if (verdict === "right") {
      add(counts.right, bits);
      const edit = truth.editOf(x, y)?.edit;
      if (edit !== null && edit !== undefined) add(listOf(counts.found, edit), bits);
    } else if (verdict === "wrong" || !APART.has(kinds?.[pair] ?? "")) {
      add(counts.wrong, bits);
      add(listOf(counts.wrongOf, classOf(truth.file(x), truth.file(y))), bits);
    }
  }
  return counts;
};

/**
 * Precision and recall at each distance limit from 0 to `largest`. Recall is that of the pairs of an edit and its original,
 * precision that of all reported pairs. Neither recall nor the count of wrong pairs ever falls with the limit.
 * @param pairs each pair once
 */
export const scorePairs = (truth: PairTruth, pairs: FoundPairs, largest: number): PairScore[] => {
  const edits = new Map<string, number>();
  for (const { edit } of truth.files) if (edit !== null) edits.set(edit, (edits.get(edit) ?? 0) + 1);
  const counts = count(truth, pairs);
  return Array.from({ length: largest + 1 }, (_, limit) => {
    const [right, wrong] = [upTo(counts.right, limit), upTo(counts.wrong, limit)];
    const recallOf = Object.fromEntries(
      [...edits].map(([edit, total]) => [edit, upTo(counts.found.get(edit) ?? [], limit) / total]),
    );
    const recalls = Object.values(recallOf);
    return {
      limit,
      right,
      wrong,
      precision: right + wrong === 0 ? 1 : right / (right + wrong),
      recall: recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, recalls.length),
      recallOf,
      wrongOf: Object.fromEntries([...counts.wrongOf].map(([name, list]) => [name, upTo(list, limit)])),
    };
  });
};

/** The limit with the largest harmonic mean of precision and recall; the smaller of two equal ones. */
export const bestOf = (scores: readonly PairScore[]): PairScore => {
  const [first, ...others] = scores;
  if (first === undefined) throw new RangeError("there is no score");
  return others.reduce((best, score) => (harmonic(score) > harmonic(best) ? score : best), first);
};

const harmonic = ({ precision, recall }: PairScore): number =>
  precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
