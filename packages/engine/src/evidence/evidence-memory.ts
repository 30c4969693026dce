import type { Backend } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { DCT_COSINES, DCT_SIDE, FREQUENCIES } from "./dct-cosines.ts";
import { type DctCoefficients, LEAST_SIDE } from "./dct-hash.ts";
import { COUNT_WORDS, countsOf, type TextureCounts } from "./texture-counts.ts";

const FLOAT_BYTES = 4;
/** The kernel reads and writes rows of whole vectors. */
const PADDING = 8;

/** Luma of a picture, row by row. */
export interface Luma {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The kernels that take evidence from a picture's pixels, with the memory in which they do it: one for each thread. */
export class EvidenceMemory {
  readonly #memory: KernelMemory;
  readonly #cosines: number;

  constructor(backend: Backend) {
    this.#memory = new KernelMemory(backend);
    this.#cosines = this.#memory.put(bytesOf(Float32Array.from(DCT_COSINES)));
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
        cosines: this.#cosines,
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
}

const bytesOf = (numbers: Float32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
