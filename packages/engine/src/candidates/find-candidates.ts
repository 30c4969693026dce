import { EdgeList, type Edges, edgeCount, pairOrder } from "@lookalike/shared/domain/grouping/edges";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { exhaustiveBy } from "../compare/exhaustive.ts";
import { TURNS } from "../evidence/turns.ts";
import type { CandidateTile } from "./candidate-tile.ts";
import { capturePairs } from "./capture-keys.ts";
import { featureJoinerBy } from "./join-features.ts";
import { NearestPairs } from "./nearest-pairs.ts";
import { MOST_PLACED } from "./shared-places.ts";
import { equalPairs, TURNED_HASHES, type TurnedHash, turnedRows, turnsOf } from "./turned-rows.ts";

/** What finds candidates, each with its bit of a pair's third column. */
export const SOURCE_BITS = { blockhash: 1, dct: 2, capture: 4, features: 8, mirroredFeatures: 16 } as const;

/** The candidates of a tile pair: each pair once, by ascending a, then b, with the bits of the sources that found it in place of a distance. */
export interface FoundCandidates {
  readonly pairs: Edges;
  /** Hashes that were compared. */
  readonly comparisons: number;
}

/** Finds the candidates between the pictures of two tiles, or of one where both are the same: a function of the two, the same for every backend. */
export type FindCandidates = (left: CandidateTile, right: CandidateTile) => FoundCandidates;

export const candidateFinderBy = (backend: Backend): FindCandidates => {
  const join = exhaustiveBy(backend);
  const joinFeatures = featureJoinerBy(backend);

  const turnedPairs = (left: CandidateTile, right: CandidateTile, hash: TurnedHash) => {
    const isSame = left.id === right.id;
    const nearest = new NearestPairs(left, right, hash.radiusBits);
    const rows = turnedRows(right.turned, right.from, hash, TURNS.none);
    let comparisons = 0;
    for (const turn of turnsOf(isSame)) {
      const isItself = isSame && turn === TURNS.none;
      const pair = {
        left: isItself ? rows : turnedRows(left.turned, left.from, hash, turn),
        right: rows,
        same: isItself,
      };
      comparisons += join([pair], hash.radiusBits, nearest.add);
    }
    return { pairs: nearest.pairs(), comparisons };
  };

  const featuredPairs = (left: CandidateTile, right: CandidateTile, mirrored: boolean): Edges => {
    const { a, b, shared } = joinFeatures({ left: left.features, right: right.features, mirrored });
    const nearest = new NearestPairs(left, right, MOST_PLACED);
    // The more features two pictures share, the nearer they are.
    nearest.add({ a, b, distance: shared.map((features) => MOST_PLACED - features) });
    return nearest.pairs();
  };

  return (left, right) => {
    const isSame = left.id === right.id;
    const found = new EdgeList();
    const add = ({ a, b }: Pick<Edges, "a" | "b">, bit: number): void =>
      found.addAll({ a, b, distance: new Uint8Array(a.length).fill(bit) });
    let comparisons = 0;
    for (const hash of TURNED_HASHES) {
      const turned = turnedPairs(left, right, hash);
      add(turned.pairs, SOURCE_BITS[hash.name]);
      comparisons += turned.comparisons;
      if (isSame) add(columnsOf(equalPairs(left.turned, left.from, hash)), SOURCE_BITS[hash.name]);
    }
    add(columnsOf(capturesOf(left, right)), SOURCE_BITS.capture);
    add(featuredPairs(left, right, false), SOURCE_BITS.features);
    add(featuredPairs(left, right, true), SOURCE_BITS.mirroredFeatures);
    return { pairs: merged(found.edges), comparisons };
  };
};

const capturesOf = (left: CandidateTile, right: CandidateTile): [number, number][] => {
  if (left.id === right.id) return capturePairs(left.captures);
  const isLeft = (ordinal: number): boolean => ordinal >= left.from && ordinal < left.from + left.count;
  return capturePairs([...left.captures, ...right.captures]).filter(([a, b]) => isLeft(a) !== isLeft(b));
};

const columnsOf = (pairs: readonly (readonly [number, number])[]) => ({
  a: Uint32Array.from(pairs, ([a]) => a),
  b: Uint32Array.from(pairs, ([, b]) => b),
});

/** Each pair once, with the bits of all that found it. */
const merged = (found: Edges): Edges => {
  const order = pairOrder(found.a, found.b);
  const pairs = new EdgeList();
  for (let from = 0, to = 0; from < edgeCount(found); from = to) {
    const first = at(order, from);
    const [a, b] = [at(found.a, first), at(found.b, first)];
    let sources = 0;
    for (; to < order.length && at(found.a, at(order, to)) === a && at(found.b, at(order, to)) === b; to += 1)
      sources |= byteAt(found.distance, at(order, to));
    pairs.add(a, b, sources);
  }
  return pairs.edges;
};
