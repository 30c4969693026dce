import { isFlatHash } from "@lookalike/shared/domain/image/hamming";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { hashRows } from "../compare/block-hashes.ts";
import type { HashRows } from "../compare/kernel.ts";
import { GRID_BYTES } from "../evidence/bit-grid.ts";
import { turnedBlockhash } from "../evidence/blockhash.ts";
import { turnedDctHash } from "../evidence/dct-hash.ts";
import type { PixelEvidence } from "../evidence/evidence.ts";
import { TURNS, type Turn } from "../evidence/turns.ts";

/** What of a picture's evidence its turns are compared by. */
export type TurnedEvidence = Pick<PixelEvidence, "blockhashes" | "dctHashes" | "dctQuality">;

/** A hash whose turns follow from it without another decode. */
export interface TurnedHash {
  readonly name: "blockhash" | "dct";
  /** The hash of a turned picture, 32 bytes; null where it says nothing about it. */
  readonly turned: (evidence: TurnedEvidence, turn: Turn) => Uint8Array | null;
  /** Two pictures are candidates where at most so many of the 256 bits differ. */
  readonly radiusBits: number;
}

/** PDQ's own limit is 49, for pairs that are believed by it. Here a picture is looked at afterwards. */
const LEAST_DCT_QUALITY = 1;

/** The hashes with eight turns, at radii that `pnpm bench candidates` chose. */
export const TURNED_HASHES: readonly TurnedHash[] = [
  {
    name: "blockhash",
    radiusBits: 24,
    turned: ({ blockhashes }, turn) => {
      const hash = turnedBlockhash(blockhashes, turn);
      return isFlatHash(hash) ? null : hash;
    },
  },
  {
    name: "dct",
    radiusBits: 72,
    turned: ({ dctHashes, dctQuality }, turn) =>
      dctQuality < LEAST_DCT_QUALITY ? null : turnedDctHash(dctHashes, turn),
  },
];

/**
 * The turns by which the left one of two tiles must be compared with the right one as it is: all eight. A tile with itself needs no quarter turn to the left, since
 * one picture is another's quarter turn to the left where that is its quarter turn to the right.
 */
export const turnsOf = (isSame: boolean): Turn[] =>
  Object.values<Turn>(TURNS).filter((turn) => !isSame || turn !== TURNS.rotated270);

/** Of pictures of a block with equal hashes so many have a row: a hundred blank pages would be 5,000 candidates. */
const MOST_EQUAL = 16;

/**
 * The rows of a block's turned pictures, for every kernel. Of more than 16 with equal hashes only the first ones have a row: {@link equalPairs} has the others.
 * @param pictures by position; null where a picture has no evidence
 * @param firstOrdinal ordinal of the first position
 */
export const turnedRows = (
  pictures: readonly (TurnedEvidence | null)[],
  firstOrdinal: number,
  { turned }: TurnedHash,
  turn: Turn,
): HashRows => {
  const hashes = new Uint8Array(pictures.length * GRID_BYTES);
  const states = new Uint8Array(pictures.length).fill(STATE.absent);
  const equals = new Map<string, number>();
  for (const [position, picture] of pictures.entries()) {
    const hash = picture === null ? null : turned(picture, turn);
    if (hash === null) continue;
    const equal = countOf(equals, hash);
    if (equal > MOST_EQUAL) continue;
    hashes.set(hash, position * GRID_BYTES);
    states[position] = STATE.hashed;
  }
  return hashRows({ states, hashes }, firstOrdinal);
};

/** Each picture without a row of its own, with the first one of the same hash. @returns pairs of ordinals, the smaller one first */
export const equalPairs = (
  pictures: readonly (TurnedEvidence | null)[],
  firstOrdinal: number,
  { turned }: TurnedHash,
): [number, number][] => {
  const equals = new Map<string, number>();
  const firsts = new Map<string, number>();
  const pairs: [number, number][] = [];
  for (const [position, picture] of pictures.entries()) {
    const hash = picture === null ? null : turned(picture, TURNS.none);
    if (hash === null) continue;
    const key = textOf(hash);
    const first = firsts.get(key) ?? position;
    firsts.set(key, first);
    if (countOf(equals, hash) > MOST_EQUAL) pairs.push([firstOrdinal + first, firstOrdinal + position]);
  }
  return pairs;
};

const textOf = (hash: Uint8Array): string => Buffer.from(hash).toString("latin1");

/** How many pictures so far have this hash, this one among them. */
const countOf = (equals: Map<string, number>, hash: Uint8Array): number => {
  const count = (equals.get(textOf(hash)) ?? 0) + 1;
  equals.set(textOf(hash), count);
  return count;
};
