import { EdgeList, type Edges } from "@lookalike/shared/domain/grouping/edges";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

/**
 * Candidates that a picture has by one source among the pictures of its own tile, and among those of each other one, besides those that have it among their own nearest
 * ones. It has many other tiles.
 */
export const MOST_NEAREST = { own: 64, other: 16 } as const;
/** Pairs that are collected before those that can't remain are dropped. */
const PAIRS_BETWEEN_DROPS = 1_048_576;

/** A run of ordinals, whose pictures are counted. */
interface Ordinals {
  readonly from: number;
  readonly count: number;
}

/**
 * Pairs of pictures by distance, of which each picture has a bounded number, however many pictures look alike: a picture's own radius shrinks until at most so many
 * pairs are within it, and a pair remains where it is within the radius of one of its two pictures. The result does not depend on the order of the pairs.
 */
export class NearestPairs {
  readonly #left: Ordinals;
  readonly #right: Ordinals;
  readonly #distances: number;
  readonly #most: number;
  /** By picture, then by distance: pairs so far, where the distance is within the picture's radius. */
  readonly #counts: Uint8Array;
  /** By picture: pairs within its radius. */
  readonly #within: Uint8Array;
  /** By picture: its radius, plus one. */
  readonly #reach: Uint8Array;
  #pairs = new EdgeList();
  #nextDrop = PAIRS_BETWEEN_DROPS;

  /** @param mostDistance of any pair, at most 254 */
  constructor(left: Ordinals, right: Ordinals, mostDistance: number) {
    this.#left = left;
    this.#right = right;
    this.#distances = mostDistance + 1;
    this.#most = left.from === right.from ? MOST_NEAREST.own : MOST_NEAREST.other;
    const pictures = left.count + right.count;
    this.#counts = new Uint8Array(pictures * this.#distances);
    this.#within = new Uint8Array(pictures);
    this.#reach = new Uint8Array(pictures).fill(this.#distances);
  }

  /** Adds pairs in any order. A picture with itself is none: it may look like its own mirror image. */
  readonly add = ({ a, b, distance }: Edges): void => {
    for (const [pair, first] of a.entries()) {
      const [second, bits] = [at(b, pair), byteAt(distance, pair)];
      if (first === second) continue;
      const isNear = this.#count(this.#pictureOf(first), bits);
      if (this.#count(this.#pictureOf(second), bits) || isNear) this.#pairs.add(first, second, bits);
    }
    if (this.#pairs.edges.a.length >= this.#nextDrop) {
      this.#pairs = this.#remaining();
      this.#nextDrop = this.#pairs.edges.a.length * 2 + PAIRS_BETWEEN_DROPS;
    }
  };

  pairs(): Edges {
    return this.#remaining().edges;
  }

  #pictureOf(ordinal: number): number {
    const { from, count } = this.#left;
    return ordinal >= from && ordinal < from + count ? ordinal - from : count + ordinal - this.#right.from;
  }

  /** @returns whether the distance is within the picture's radius so far */
  #count(picture: number, distance: number): boolean {
    if (distance >= byteAt(this.#reach, picture)) return false;
    const place = picture * this.#distances + distance;
    this.#counts[place] = byteAt(this.#counts, place) + 1;
    let within = byteAt(this.#within, picture) + 1;
    for (; within > this.#most; this.#reach[picture] = byteAt(this.#reach, picture) - 1)
      within -= byteAt(this.#counts, picture * this.#distances + byteAt(this.#reach, picture) - 1);
    this.#within[picture] = within;
    return distance < byteAt(this.#reach, picture);
  }

  #remaining(): EdgeList {
    const remaining = new EdgeList();
    const { a, b, distance } = this.#pairs.edges;
    for (const [pair, first] of a.entries()) {
      const [second, bits] = [at(b, pair), byteAt(distance, pair)];
      const reach = Math.max(byteAt(this.#reach, this.#pictureOf(first)), byteAt(this.#reach, this.#pictureOf(second)));
      if (bits < reach) remaining.add(first, second, bits);
    }
    return remaining;
  }
}
