import type { Backend } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { DCT_COSINES, DCT_SIDE, FREQUENCIES } from "./dct-cosines.ts";
import { type DctCoefficients, LEAST_SIDE } from "./dct-hash.ts";
import { COSINES, TESTS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";
import { COUNT_WORDS, countsOf, type TextureCounts } from "./texture-counts.ts";

const FLOAT_BYTES = 4;
/** The kernel reads and writes rows of whole vectors. */
const PADDING = 8;

/** What the search for features needs: scratch bytes for each pixel, and besides them. */
const FEATURE_SCRATCH = { pixelBytes: 16, bytes: 65_536 };
/** Features of a picture, at most; and what the kernel can choose. */
export const DEFAULT_FEATURES = 64;
export const MAX_FEATURES = 96;

/** Luma of a picture, row by row. */
export interface Luma {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The kernels that take evidence from a picture's pixels, with the memory in which they do it: one for each thread. */
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
    return this.#memory.scratch(() => {
      const counts = this.#memory.reserve(COUNT_WORDS * 4);
      this.#memory.run("count_texture", { luma: this.#memory.put(luma), width, height, counts });
      return countsOf(this.#memory.words(counts, COUNT_WORDS), luma.length);
    });
  }

  /**
   * The local features of a working picture, spread over it, the strongest first: docs/hash-format.md.
   * @param most how many, at most {@link MAX_FEATURES}; a picture with few edges has fewer, a small or smooth one none
   * @returns 38 bytes for each: features.ts reads them
   */
  features({ luma, width, height }: Luma, most: number): Uint8Array {
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

const bytesOf = (numbers: Float32Array | Int8Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
