import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { at } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { CHROMA_SIDE, type PicturePixels, SMALL_SIDE, WORKING_SIDE } from "../hash/picture-pixels.ts";
import { SIGNATURE_COSINES } from "../hash/signature-cosines.ts";
import { DCT_COSINES, FREQUENCIES } from "./dct-cosines.ts";
import { DCT_HASHES_BYTES, type DctHashes, LEAST_SIDE } from "./dct-hash.ts";
import { COSINES, TESTS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";
import { DISTANCES, detailOf, type Resolution } from "./resolution.ts";
import { SMALL_HASHES_BYTES, type SmallHashes, smallHashesOf } from "./small-hashes.ts";
import { COUNT_WORDS, countsOf, ROW_STEP, type TextureCounts } from "./texture-counts.ts";

const FLOAT_BYTES = 4;
/** What the kernel dct_hashes needs. */
const DCT_SCRATCH_BYTES = 262_144;

/** What the search for features needs: scratch bytes for each pixel, and besides them. */
const FEATURE_SCRATCH = { pixelBytes: 16, bytes: 65_536 };

/** Luma of a picture, row by row. */
export interface Luma {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The kernels that take evidence from a working picture's luma, with the memory in which they do it: one for each thread. A picture is loaded, then
 * the methods are about that one.
 */
export class EvidenceMemory {
  readonly #memory: KernelMemory;
  readonly #dctCosines: number;
  readonly #cosines: number;
  readonly #tests: number;
  readonly #signatureCosines: number;
  readonly #luma: number;
  #size = { width: 0, height: 0 };

  constructor(backend: Backend) {
    this.#memory = new KernelMemory(backend);
    this.#dctCosines = this.#memory.put(bytesOf(Float32Array.from(DCT_COSINES)));
    this.#cosines = this.#memory.put(COSINES);
    this.#tests = this.#memory.put(bytesOf(TESTS));
    this.#signatureCosines = this.#memory.put(bytesOf(SIGNATURE_COSINES));
    this.#luma = this.#memory.reserve(WORKING_SIDE * WORKING_SIDE);
  }

  /** @throws RangeError where the pixels are not as many as their size says */
  load({ luma, width, height }: Luma): this {
    checkSize(luma, width, height);
    this.#memory.bytes(this.#luma, luma.length).set(luma);
    this.#size = { width, height };
    return this;
  }

  /** PDQ's hashes of the picture: those of one with a side of less than 5 pixels are zeros. */
  dctHashes(): DctHashes {
    if (Math.min(this.#size.width, this.#size.height) < LEAST_SIDE)
      return { hashes: new Uint8Array(DCT_HASHES_BYTES), quality: 0 };
    return this.#memory.scratch(() => {
      const hashes = this.#memory.reserve(DCT_HASHES_BYTES);
      const quality = this.#memory.run("dct_hashes", {
        luma: this.#luma,
        ...this.#size,
        cosines: this.#dctCosines,
        scratch: this.#memory.reserve(DCT_SCRATCH_BYTES),
        coefficients: this.#memory.reserve(FREQUENCIES * FREQUENCIES * FLOAT_BYTES),
        hashes,
      });
      return { hashes: this.#memory.bytes(hashes, DCT_HASHES_BYTES).slice(), quality };
    });
  }

  /** What the picture's pixels look like: see {@link TextureCounts}. */
  textureCounts(): TextureCounts {
    const { width, height } = this.#size;
    return this.#memory.scratch(() => {
      const counts = this.#memory.reserve(COUNT_WORDS * 4);
      this.#memory.run("count_texture", { luma: this.#luma, width, height, counts });
      return countsOf(this.#memory.words(counts, COUNT_WORDS), width * Math.ceil(height / ROW_STEP));
    });
  }

  /** How much of the picture's size is detail, and what is left of the blocks of a JPEG. */
  resolution({ sourceWidth, sourceHeight }: Pick<PicturePixels, "sourceWidth" | "sourceHeight">): Resolution {
    const { width, height } = this.#size;
    return this.#memory.scratch(() => {
      const squares = this.#memory.reserve(DISTANCES.length * 8);
      const columns = this.#memory.reserve(width * 4);
      const rows = this.#memory.reserve(height * 4);
      this.#memory.run("measure_steps", { luma: this.#luma, width, height, squares, columns, rows });
      const source = Math.max(sourceWidth, sourceHeight);
      const grid = this.#memory.run("find_grid", { columns, rows, width, height, source });
      const words = this.#memory.words(squares, DISTANCES.length * 2);
      const sums = DISTANCES.map((_, index) => at(words, 2 * index + 1) * 2 ** 32 + at(words, 2 * index));
      return { detail: detailOf(this.#size, sums), grid };
    });
  }

  /**
   * The hashes of a whole picture, whatever its aspect ratio, and whether or not it is the one that is loaded.
   * @param small what smallLuma returned for it
   * @throws RangeError where the planes have other sizes
   */
  smallHashes(small: Uint8Array, { cb, cr }: Pick<PicturePixels, "cb" | "cr">): SmallHashes {
    if (small.length !== SMALL_SIDE ** 2 || cb.length !== CHROMA_SIDE ** 2 || cr.length !== CHROMA_SIDE ** 2)
      throw new RangeError(`${small.length}, ${cb.length} and ${cr.length} pixels: luma has 128 x 128, chroma 16 x 16`);
    return this.#memory.scratch(() => {
      const hashes = this.#memory.reserve(SMALL_HASHES_BYTES);
      this.#memory.run("small_hashes", {
        luma: this.#memory.put(small),
        cb: this.#memory.put(cb),
        cr: this.#memory.put(cr),
        cosines: this.#signatureCosines,
        hashes,
      });
      return smallHashesOf(this.#memory.bytes(hashes, SMALL_HASHES_BYTES));
    });
  }

  /**
   * The local features of the picture, spread over it, the strongest first: docs/hash-format.md.
   * @param most how many, at most {@link MAX_FEATURES}; a picture with few edges has fewer, a small or smooth one none
   * @returns 38 bytes for each: features.ts reads them
   */
  features(most: number): Uint8Array {
    if (!(most >= 0 && most <= MAX_FEATURES)) throw new RangeError(`${most} features: at most ${MAX_FEATURES}`);
    if (most === 0) return new Uint8Array(0);
    const { width, height } = this.#size;
    return this.#memory.scratch(() => {
      const features = this.#memory.reserve(most * FEATURE_BYTES);
      const count = this.#memory.run("find_features", {
        luma: this.#luma,
        width,
        height,
        tests: this.#tests,
        cosines: this.#cosines,
        scratch: this.#memory.reserve(width * height * FEATURE_SCRATCH.pixelBytes + FEATURE_SCRATCH.bytes),
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

const bytesOf = (numbers: Float32Array | Float64Array | Int8Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
