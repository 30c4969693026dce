import { type Band, neighbourhood } from "./bands.ts";

// What a join costs, in seconds of one core. The constants were measured (`pnpm bench indexed` prints
// the model's figure beside the clock's); they choose how to compare, never what is found.

const NS = 1e-9;
/** A pair in the exhaustive kernel, for each byte of the early-out's first look. */
const PAIR_BYTE = 0.062 * NS;
/** A row sorted by one band. */
const SORTED_ROW = 30 * NS;
/** A value of a band, empty or not. */
const VALUE = 1 * NS;
/** Another value within the flips of one that has rows. */
const VISIT = 3.5 * NS;
/** A pair that a band brings together, for each byte of its rows' heads. */
const CANDIDATE_BYTE = 0.0625 * NS;
/**
 * How many times more pairs than of random hashes a band is expected to bring together: the bits of real hashes are
 * skewed. At 96,144 real-like hashes of 256 bits 13 wide bands take less than half the time of 17 narrow ones,
 * which random hashes are compared a tenth faster by.
 */
const SKEW = 3;

/** All pairs of `rows`, exhaustively; `stageBytes` are the bytes that the early-out reads first. */
export const exhaustiveSeconds = (pairs: number, stageBytes: number): number => pairs * stageBytes * PAIR_BYTE;

/**
 * Whether bands that bring a random pair together `meetings` times, on average, cost more than an
 * exhaustive join of the same rows.
 */
export const exhaustiveIsCheaper = (meetings: number, headBytes: number, stageBytes: number): boolean =>
  meetings * headBytes * CANDIDATE_BYTE > stageBytes * PAIR_BYTE;

/** Rows of two tiles, or of one against itself. */
export interface TileRows {
  readonly left: number;
  readonly right: number;
  readonly same: boolean;
}

/**
 * A tile pair, by all `bands`.
 * @param headBytes of a row beside its band value
 */
export const indexedSeconds = (tiles: TileRows, bands: readonly Band[], headBytes: number): number =>
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
      tiles.left * tiles.right * half * (met / values) * SKEW * headBytes * CANDIDATE_BYTE
    );
  }, 0);
