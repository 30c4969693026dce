import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { at } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { WORKING_SIDE } from "../hash/picture-pixels.ts";
import { DCT_COSINES, DCT_SIDE, FREQUENCIES } from "./dct-cosines.ts";
import { type DctCoefficients, LEAST_SIDE } from "./dct-hash.ts";
import { COSINES, TESTS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";
import { DISTANCES, type PixelSteps } from "./pixel-steps.ts";
import { COUNT_WORDS, countsOf, ROW_STEP, type TextureCounts } from "./texture-counts.ts";

const FLOAT_BYTES = 4;
/** The kernel reads and writes rows of whole vectors. */
const PADDING = 8;

/** What the search for features needs: scratch bytes for each pixel, and besides them. */
const FEATURE_SCRATCH = { pixelBytes: 16, bytes: 65_536 };

/** Luma of a picture, row by row. */
export interface Luma {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The kernels that take evidence from a working picture's luma, with the memory in which they do it: one for each thread. Its methods throw a RangeError
 * where the pixels are not as many as their size says.
 */
export class EvidenceMemory {
  readonly #memory: KernelMemory;
  readonly #dctCosines: number;
  readonly #cosines: number;
  readonly #tests: number;

  constructor(backend: Backend) {
    this.#memory = new KernelMemory(backend);
    this.#dctCosines = this.#memory.put(bytesOf(Float32Array.from(DCT_COSINES)));
    this.#cosines = this.#memory.put(COSINES);
    this.#tests = this.#memory.put(bytesOf(TESTS));
  }

  /**
   * PDQ's coefficients of a picture: see {@link DctCoefficients}.
   * @returns zeros for a picture with a side of less than 5 pixels
   */
  dctCoefficients({ luma, width, height }: Luma): DctCoefficients {
    checkSize(luma, width, height);
    const coefficients = new Float64Array(FREQUENCIES * FREQUENCIES);
    if (Math.min(width, height) < LEAST_SIDE) return { coefficients, quality: 0 };
    return this.#memory.scratch(() => {
      const padded = (width + PADDING) * (height + PADDING) + DCT_SIDE * (width + height + 2 * PADDING);
      const results = this.#memory.reserve(coefficients.length * FLOAT_BYTES);
      const quality = this.#memory.run("dct_coefficients", {
        luma: this.#memory.put(luma),
        width,
        height,
        cosines: this.#dctCosines,
        scratch: this.#memory.reserve((2 * padded + 4 * DCT_SIDE * DCT_SIDE) * FLOAT_BYTES),
        coefficients: results,
      });
      const words = this.#memory.words(results, coefficients.length);
      coefficients.set(new Float32Array(words.buffer, words.byteOffset, words.length));
      return { coefficients, quality };
    });
  }

  /** What a picture's pixels look like: see {@link TextureCounts}. */
  textureCounts({ luma, width, height }: Luma): TextureCounts {
    checkSize(luma, width, height);
    return this.#memory.scratch(() => {
      const counts = this.#memory.reserve(COUNT_WORDS * 4);
      this.#memory.run("count_texture", { luma: this.#memory.put(luma), width, height, counts });
      return countsOf(this.#memory.words(counts, COUNT_WORDS), width * Math.ceil(height / ROW_STEP));
    });
  }

  /** By how much its pixels differ from those beside them: see {@link PixelSteps}. */
  steps({ luma, width, height }: Luma): PixelSteps {
    checkSize(luma, width, height);
    return this.#memory.scratch(() => {
      const squares = this.#memory.reserve(DISTANCES.length * 8);
      const columns = this.#memory.reserve(width * 4);
      const rows = this.#memory.reserve(height * 4);
      this.#memory.run("measure_steps", { luma: this.#memory.put(luma), width, height, squares, columns, rows });
      const words = this.#memory.words(squares, DISTANCES.length * 2);
      return {
        squares: DISTANCES.map((_, index) => at(words, 2 * index + 1) * 2 ** 32 + at(words, 2 * index)),
        columns: Float64Array.from(this.#memory.words(columns, width)),
        rows: Float64Array.from(this.#memory.words(rows, height)),
      };
    });
  }

  /**
   * The local features of a working picture, spread over it, the strongest first: docs/hash-format.md.
   * @param most how many, at most {@link MAX_FEATURES}; a picture with few edges has fewer, a small or smooth one none
   * @returns 38 bytes for each: features.ts reads them
   */
  features({ luma, width, height }: Luma, most: number): Uint8Array {
    checkSize(luma, width, height);
    if (!(most >= 0 && most <= MAX_FEATURES)) throw new RangeError(`${most} features: at most ${MAX_FEATURES}`);
    if (most === 0) return new Uint8Array(0);
    return this.#memory.scratch(() => {
      const features = this.#memory.reserve(most * FEATURE_BYTES);
      const count = this.#memory.run("find_features", {
        luma: this.#memory.put(luma),
        width,
        height,
        tests: this.#tests,
        cosines: this.#cosines,
        scratch: this.#memory.reserve(luma.length * FEATURE_SCRATCH.pixelBytes + FEATURE_SCRATCH.bytes),
        features,
        most,
      });
      return this.#memory.bytes(features, count * FEATURE_BYTES).slice();
    });
  }
}

/** Machine code does not check where it reads. @throws RangeError where the pixels are not as many as their size says */
const checkSize = (luma: Uint8Array, width: number, height: number): void => {
  if (
    !(
      Number.isInteger(width) &&
      Number.isInteger(height) &&
      Math.min(width, height) >= 1 &&
      Math.max(width, height) <= WORKING_SIDE &&
      luma.length === width * height
    )
  )
    throw new RangeError(`${luma.length} pixels are not ${width} x ${height}, each side 1 to ${WORKING_SIDE}`);
};

const bytesOf = (numbers: Float32Array | Int8Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
