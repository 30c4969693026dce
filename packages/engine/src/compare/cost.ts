import type { Backend } from "./backend.ts";
import { type Band, neighbourhood } from "./bands.ts";
import { earlyOutBytes } from "./exhaustive.ts";
import { headBytesOf } from "./kernel.ts";

// What a join costs, in seconds of one core. The constants were measured (`pnpm bench indexed` prints
// the model's figure beside the clock's); they choose how to compare, never what is found.

const NS = 1e-9;

interface Costs {
  /** A pair in the exhaustive kernel, for each byte before the early-out. */
  readonly pairByte: number;
  /** A row sorted by one band. */
  readonly sortedRow: number;
  /** A value of a band, empty or not. */
  readonly value: number;
  /** A value within the flips of one that has rows. */
  readonly visit: number;
  /** The same, for each row. */
  readonly rowVisit: number;
  /** A pair that a band brings together, for each byte of its rows' heads. */
  readonly candidateByte: number;
}

const WASM_BANDS = { sortedRow: 30 * NS, value: 1 * NS, visit: 3.5 * NS, rowVisit: 0, candidateByte: 0.0625 * NS };

const COSTS: Readonly<Record<Backend["name"], Costs>> = {
  avx512: {
    pairByte: 0.006 * NS,
    sortedRow: 7.6 * NS,
    value: 2.9 * NS,
    visit: 2.7 * NS,
    rowVisit: 1.5 * NS,
    candidateByte: 0.0074 * NS,
  },
  // Sorting takes half of WebAssembly's time; the rest of a band is little faster.
  avx2: { pairByte: 0.032 * NS, ...WASM_BANDS, sortedRow: 15 * NS },
  // Not measured: as in WebAssembly, which uses the same instructions there.
  neon: { pairByte: 0.062 * NS, ...WASM_BANDS },
  wasm: { pairByte: 0.062 * NS, ...WASM_BANDS },
};

/**
 * How many times more pairs than of random hashes a band is expected to bring together: the bits of real hashes are
 * skewed. Bands bring real-like ones together 11 times as often with 64 bits, 33 times with 256. A fifth of that is
 * expected: neither kind then takes twice the time of its best bands.
 */
const skewOf = (rowBytes: number): number => (rowBytes * 8) / 40;

/** All `pairs` of rows, exhaustively. */
export const exhaustiveSeconds = (
  backend: Backend["name"],
  pairs: number,
  rowBytes: number,
  radiusBits: number,
): number => pairs * earlyOutBytes(rowBytes, radiusBits) * COSTS[backend].pairByte;

/**
 * Whether bands that bring a random pair together `collisions` times, on average, cost more than an
 * exhaustive join of the same rows.
 */
export const exhaustiveIsCheaper = (
  backend: Backend["name"],
  collisions: number,
  rowBytes: number,
  radiusBits: number,
): boolean =>
  collisions * headBytesOf(rowBytes) * COSTS[backend].candidateByte >
  exhaustiveSeconds(backend, 1, rowBytes, radiusBits);

/** Rows of two tiles, or of one against itself. */
export interface TileRows {
  readonly left: number;
  readonly right: number;
  readonly same: boolean;
}

/** A tile pair, by all `bands`. */
export const indexedSeconds = (
  backend: Backend["name"],
  tiles: TileRows,
  bands: readonly Band[],
  rowBytes: number,
): number => {
  const { sortedRow, value, visit, rowVisit, candidateByte } = COSTS[backend];
  const candidate = candidateByte * headBytesOf(rowBytes) * skewOf(rowBytes);
  return bands.reduce((seconds, { bits, flips }) => {
    const values = 2 ** bits.length;
    const rows = Math.min(tiles.left, tiles.right);
    const neighbours = neighbourhood(bits.length, flips);
    const half = tiles.same ? 0.5 : 1;
    return (
      seconds +
      (tiles.same ? rows : tiles.left + tiles.right) * sortedRow +
      values * value +
      (Math.min(rows, values) * visit + rows * rowVisit) * (neighbours - 1) * half +
      tiles.left * tiles.right * half * (neighbours / values) * candidate
    );
  }, 0);
};
