import type { AcceptedPair, Answer, Contender } from "./contenders/contender.ts";
import type { Curve } from "./curve.ts";
import type { FoundPairs, PairTruth } from "./pairs.ts";
import { chained, type GroupScore, scoreGroups } from "./score-groups.ts";
import { bestOf, classOf, type PairScore, scorePairs } from "./score-pairs.ts";

/** A finder in one setting. */
export interface Reading {
  readonly name: string;
  readonly setting: string;
  readonly isDefault: boolean;
  readonly pairs: PairScore;
  readonly groups: GroupScore;
  readonly cpuSeconds: number;
}

/** A copy that a rule would remove, though it is another picture than the one that stays. */
export interface WrongPair {
  readonly keeper: string;
  readonly removed: string;
  readonly kind: string;
  readonly class: string;
}

export interface Evaluation {
  readonly name: string;
  readonly version: string;
  readonly readings: readonly Reading[];
  readonly curve: Curve | null;
  readonly accepted: number;
  readonly wrongAccepted: readonly WrongPair[];
}

/** Every pair within each group. */
const pairsWithin = (groups: readonly (readonly number[])[]): FoundPairs => {
  const pairs = groups.flatMap((group) =>
    group.flatMap((a, at) => group.slice(at + 1).map((b) => [Math.min(a, b), Math.max(a, b)] as const)),
  );
  return {
    a: Uint32Array.from(pairs, ([a]) => a),
    b: Uint32Array.from(pairs, ([, b]) => b),
    distance: new Uint32Array(pairs.length),
    kinds: null,
  };
};

const within = ({ a, b, distance }: FoundPairs, limit: number): [Uint32Array, Uint32Array] => {
  const isNear = (_: number, pair: number): boolean => (distance[pair] ?? limit + 1) <= limit;
  return [a.filter(isNear), b.filter(isNear)];
};

/** What a finder's answer is worth: at its default, and where its pairs agree best with the truth. */
export const evaluate = (truth: PairTruth, { name, standard, largest }: Contender, answer: Answer): Evaluation => {
  const { cpuSeconds, version, pairs, groups, accepted = [] } = answer;
  const readings: Reading[] = [];
  for (const [at, [setting, own]] of Object.entries(groups ?? {}).entries()) {
    const [score] = scorePairs(truth, pairsWithin(own), 0);
    if (score === undefined) throw new Error(`${name} has no score`);
    readings.push({
      name,
      setting: `groups, ${setting}`,
      isDefault: at === 0,
      pairs: score,
      groups: scoreGroups(truth, own),
      cpuSeconds,
    });
  }
  let curve: Curve | null = null;
  if (pairs !== null) {
    const scores = scorePairs(truth, pairs, largest);
    curve = { name, scores, standard };
    const best = bestOf(scores);
    const atDefault = scores.find(({ limit }) => limit === standard);
    for (const [word, score] of [
      ["default", atDefault],
      ["best", best],
    ] as const) {
      if (score === undefined) continue;
      readings.push({
        name,
        setting: `pairs, ${word} ${score.limit}`,
        isDefault: word === "default" && groups === null,
        pairs: score,
        groups: scoreGroups(truth, chained(truth.files.length, ...within(pairs, score.limit))),
        cpuSeconds,
      });
    }
  }
  return { name, version, readings, curve, accepted: accepted.length, wrongAccepted: wrongOf(truth, accepted) };
};

const wrongOf = (truth: PairTruth, accepted: readonly AcceptedPair[]): WrongPair[] =>
  accepted
    .filter(({ keeper, removed }) => truth.verdict(keeper, removed) !== "right")
    .map(({ keeper, removed, kind }) => {
      const [a, b] = [truth.file(keeper), truth.file(removed)];
      return { keeper: a.file, removed: b.file, kind, class: classOf(a, b) };
    });
