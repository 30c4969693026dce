import { pairOrder } from "@lookalike/shared/domain/grouping/edges";
import { at, withRoom } from "@lookalike/shared/domain/primitives/columns";
import type { FeatureTile } from "./feature-tile.ts";
import { agreeingMatches, MOST_PLACED } from "./shared-places.ts";

/** Above every row's number, so that a number of two rows is exact. */
const ROW_NUMBERS = 2 ** 26;

/** Pairs of pictures by ascending a, then b; a < b are ordinals. */
export interface FeaturePairs {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** How many features they share that are placed alike, 2 to 32. */
  readonly shared: Uint8Array;
}

/** Two tiles whose features are matched. */
interface Sides {
  readonly left: FeatureTile;
  readonly right: FeatureTile;
  /** Both have the same pictures: a pair counts where the left one has the smaller ordinal. */
  readonly isSame: boolean;
}

/** Matched rows of two tiles, as many as there is room for. */
export class FeatureMatches {
  readonly #sides: Sides;
  readonly #most: number;
  #left = new Uint32Array(1_024);
  #right = new Uint32Array(1_024);
  #count = 0;

  constructor(sides: Sides, most: number) {
    this.#sides = sides;
    this.#most = most;
  }

  /** There are more matches than it has room for, and not all of them are here. */
  get isFull(): boolean {
    return this.#count > this.#most;
  }

  /** @param offset how many rows the numbers in `right` are counted on */
  add(left: Uint32Array, right: Uint32Array, offset: number): void {
    const { left: first, right: second, isSame } = this.#sides;
    this.#left = withRoom(this.#left, this.#count + left.length);
    this.#right = withRoom(this.#right, this.#count + left.length);
    for (let match = 0; match < left.length && !this.isFull; match += 1) {
      const [l, r] = [at(left, match), at(right, match) - offset];
      if (isSame && at(first.ordinals, l) >= at(second.ordinals, r)) continue;
      this.#left[this.#count] = l;
      this.#right[this.#count] = r;
      this.#count += 1;
    }
  }

  /** The pairs of pictures whose matches are placed alike. */
  pairs(): FeaturePairs {
    const { left, right } = this.#sides;
    const a = this.#left.subarray(0, this.#count).map((row) => at(left.ordinals, row));
    const b = this.#right.subarray(0, this.#count).map((row) => at(right.ordinals, row));
    const order = pairOrder(a, b);
    const found: { a: number[]; b: number[]; shared: number[] } = { a: [], b: [], shared: [] };
    for (let from = 0, to = 0; from < order.length; from = to) {
      const [first, second] = [at(a, at(order, from)), at(b, at(order, from))];
      while (to < order.length && at(a, at(order, to)) === first && at(b, at(order, to)) === second) to += 1;
      const shared = to - from < 2 ? 0 : this.#shared(order.subarray(from, to));
      if (shared === 0) continue;
      found.a.push(Math.min(first, second));
      found.b.push(Math.max(first, second));
      found.shared.push(shared);
    }
    return { a: Uint32Array.from(found.a), b: Uint32Array.from(found.b), shared: Uint8Array.from(found.shared) };
  }

  /** Of the matches of one pair of pictures, in an order that no kernel decides. */
  #shared(matches: Uint32Array): number {
    const { left, right } = this.#sides;
    const rows = Float64Array.from(matches, (match) => at(this.#left, match) * ROW_NUMBERS + at(this.#right, match));
    rows.sort();
    const used = rows.subarray(0, MOST_PLACED);
    return agreeingMatches(left.places, right.places, {
      left: Int32Array.from(used, (row) => Math.floor(row / ROW_NUMBERS)),
      right: Int32Array.from(used, (row) => row % ROW_NUMBERS),
    });
  }
}
