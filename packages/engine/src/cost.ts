import { type Band, neighbourhood } from "./bands.ts";

// What a join costs, in seconds of one core. The constants were measured (`pnpm bench indexed` prints
// the model's figure beside the clock's); they choose how to compare, never what is found.

const NS = 1e-9;
/** A pair in the exhaustive kernel, for each byte of the early-out's first look. */
const PAIR_BYTE = 0.062 * NS;
/** A row sorted by one band. */
const SORTED_ROW = 30 * NS;
/** A value of a band, empty or not. */
const VALUE = 2 * NS;
/** Another value within the flips of one that has rows. */
const VISIT = 4 * NS;
/** A pair that a band brings together. */
const CANDIDATE = 0.8 * NS;

/** All pairs of `rows`, exhaustively; `stageBytes` are the bytes that the early-out reads first. */
export const exhaustiveSeconds = (pairs: number, stageBytes: number): number => pairs * stageBytes * PAIR_BYTE;

/**
 * Whether bands that bring a random pair together `meetings` times, on average, cost more than an
 * exhaustive join of the same rows.
 */
export const exhaustiveIsCheaper = (meetings: number, stageBytes: number): boolean =>
  meetings * CANDIDATE > stageBytes * PAIR_BYTE;

/** Rows of two tiles, or of one against itself. */
export interface TileRows {
  readonly left: number;
  readonly right: number;
  readonly same: boolean;
}

/** A tile pair of random hashes, by all `bands`. */
export const indexedSeconds = (tiles: TileRows, bands: readonly Band[]): number =>
  bands.reduce((seconds, { bits, flips }) => {
    const values = 2 ** bits.length;
    const few = Math.min(tiles.left, tiles.right);
    const met = neighbourhood(bits.length, flips);
    const half = tiles.same ? 0.5 : 1;
    return (
      seconds +
      (tiles.same ? few : tiles.left + tiles.right) * SORTED_ROW +
      values * VALUE +
      Math.min(few, values) * (met - 1) * half * VISIT +
      tiles.left * tiles.right * half * (met / values) * CANDIDATE
    );
  }, 0);
