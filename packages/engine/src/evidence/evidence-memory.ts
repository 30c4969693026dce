import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { at } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { CHROMA_SIDE, type PicturePixels, SMALL_SIDE, WORKING_SIDE } from "../hash/picture-pixels.ts";
import { writeAreaMean } from "../hash/pixels/native-pixels.ts";
import { SIGNATURE_COSINES } from "../hash/signature-cosines.ts";
import { DCT_COSINES, FREQUENCIES } from "./dct-cosines.ts";
import { DCT_HASHES_BYTES, type DctHashes, LEAST_SIDE } from "./dct-hash.ts";
import { COSINES, TESTS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";
import { DISTANCES, detailOf, type Resolution } from "./resolution.ts";
import { SMALL_HASHES_BYTES, type SmallHashes, smallHashesOf } from "./small-hashes.ts";
import { COUNT_WORDS, countsOf, ROW_STEP, type TextureCounts } from "./texture-counts.ts";

/** Bytes of a whole number, and of one of single precision. */
const WORD_BYTES = 4;
/** Of each distance, a sum of 64 bits. */
const SQUARES_WORDS = 2 * DISTANCES.length;
/** Scratch bytes of the kernels dct_hashes and find_features, for the largest picture. */
const DCT_SCRATCH_BYTES = 262_144;
const FEATURE_SCRATCH_BYTES = 16 * WORKING_SIDE ** 2 + 65_536;

/** Luma of a picture, row by row. */
export interface Luma {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The kernels that take evidence from a working picture's luma, with the memory in which they do it: one for each thread. A picture is loaded, then
 * the methods are about that one. All memory is reserved and all parameters are written at the start, since a small picture's kernels take no longer than that.
 */
export class EvidenceMemory {
  readonly #luma: Uint8Array;
  /** Width and height, in the parameters of each kernel that takes them. */
  readonly #sizes: readonly Uint32Array[];
  readonly #source: Uint32Array;
  readonly #most: Uint32Array;
  readonly #small: Uint8Array;
  readonly #cb: Uint8Array;
  readonly #cr: Uint8Array;
  readonly #smallHashes: Uint8Array;
  readonly #dctHashes: Uint8Array;
  readonly #counts: Uint32Array;
  readonly #squares: Uint32Array;
  readonly #features: Uint8Array;
  readonly #run: Readonly<
    Record<"smallHashes" | "dctHashes" | "countTexture" | "measureSteps" | "findGrid" | "findFeatures", () => number>
  >;
  #width = 0;
  #height = 0;

  constructor(backend: Backend) {
    const memory = new KernelMemory(backend);
    const luma = memory.reserve(WORKING_SIDE ** 2);
    const small = memory.reserve(SMALL_SIDE ** 2);
    const cb = memory.reserve(CHROMA_SIDE ** 2);
    const cr = memory.reserve(CHROMA_SIDE ** 2);
    const smallHashes = memory.reserve(SMALL_HASHES_BYTES);
    const dctHashes = memory.reserve(DCT_HASHES_BYTES);
    const counts = memory.reserve(COUNT_WORDS * WORD_BYTES);
    const squares = memory.reserve(SQUARES_WORDS * WORD_BYTES);
    const lines = {
      columns: memory.reserve(WORKING_SIDE * WORD_BYTES),
      rows: memory.reserve(WORKING_SIDE * WORD_BYTES),
    };
    const features = memory.reserve(MAX_FEATURES * FEATURE_BYTES);
    const picture = { luma, width: 0, height: 0 };
    const smallKernel = memory.prepare("small_hashes", {
      luma: small,
      cb,
      cr,
      cosines: memory.put(bytesOf(SIGNATURE_COSINES)),
      hashes: smallHashes,
    });
    const dctKernel = memory.prepare("dct_hashes", {
      ...picture,
      cosines: memory.put(bytesOf(Float32Array.from(DCT_COSINES))),
      scratch: memory.reserve(DCT_SCRATCH_BYTES),
      coefficients: memory.reserve(FREQUENCIES * FREQUENCIES * WORD_BYTES),
      hashes: dctHashes,
    });
    const textureKernel = memory.prepare("count_texture", { ...picture, counts });
    const stepsKernel = memory.prepare("measure_steps", { ...picture, squares, ...lines });
    const gridKernel = memory.prepare("find_grid", { ...lines, width: 0, height: 0, source: 0 });
    const featuresKernel = memory.prepare("find_features", {
      ...picture,
      tests: memory.put(bytesOf(TESTS)),
      cosines: memory.put(COSINES),
      scratch: memory.reserve(FEATURE_SCRATCH_BYTES),
      features,
      most: 0,
    });
    this.#run = {
      smallHashes: smallKernel.run,
      dctHashes: dctKernel.run,
      countTexture: textureKernel.run,
      measureSteps: stepsKernel.run,
      findGrid: gridKernel.run,
      findFeatures: featuresKernel.run,
    };
    this.#sizes = [dctKernel, textureKernel, stepsKernel, gridKernel, featuresKernel].map((kernel) =>
      kernel.wordsFrom("width"),
    );
    this.#source = gridKernel.wordsFrom("source");
    this.#most = featuresKernel.wordsFrom("most");
    this.#luma = memory.bytes(luma, WORKING_SIDE ** 2);
    this.#small = memory.bytes(small, SMALL_SIDE ** 2);
    this.#cb = memory.bytes(cb, CHROMA_SIDE ** 2);
    this.#cr = memory.bytes(cr, CHROMA_SIDE ** 2);
    this.#smallHashes = memory.bytes(smallHashes, SMALL_HASHES_BYTES);
    this.#dctHashes = memory.bytes(dctHashes, DCT_HASHES_BYTES);
    this.#counts = memory.words(counts, COUNT_WORDS);
    this.#squares = memory.words(squares, SQUARES_WORDS);
    this.#features = memory.bytes(features, MAX_FEATURES * FEATURE_BYTES);
  }

  /** @throws RangeError where the pixels are not as many as their size says */
  load({ luma, width, height }: Luma): this {
    checkSize(luma, width, height);
    this.#luma.set(luma);
    for (const size of this.#sizes) {
      size[0] = width;
      size[1] = height;
    }
    this.#width = width;
    this.#height = height;
    return this;
  }

  /** PDQ's hashes of the picture: those of one with a side of less than 5 pixels are zeros. */
  dctHashes(): DctHashes {
    if (Math.min(this.#width, this.#height) < LEAST_SIDE)
      return { hashes: new Uint8Array(DCT_HASHES_BYTES), quality: 0 };
    const quality = this.#run.dctHashes();
    return { hashes: this.#dctHashes.slice(), quality };
  }

  /** What the picture's pixels look like: see {@link TextureCounts}. */
  textureCounts(): TextureCounts {
    this.#run.countTexture();
    return countsOf(this.#counts, this.#width * Math.ceil(this.#height / ROW_STEP));
  }

  /** How much of the picture's size is detail, and what is left of the blocks of a JPEG. */
  resolution({ sourceWidth, sourceHeight }: Pick<PicturePixels, "sourceWidth" | "sourceHeight">): Resolution {
    this.#run.measureSteps();
    this.#source[0] = Math.max(sourceWidth, sourceHeight);
    const grid = this.#run.findGrid();
    return { detail: detailOf(this.#width, this.#height, numbersOf(this.#squares)), grid };
  }

  /**
   * The hashes of a whole picture, whatever its aspect ratio, and whether or not it is the one that is loaded.
   * @throws RangeError where the planes have other sizes than they are said to have
   */
  smallHashes({ luma, width, height, cb, cr }: Luma & Pick<PicturePixels, "cb" | "cr">): SmallHashes {
    checkSize(luma, width, height);
    if (cb.length !== this.#cb.length || cr.length !== this.#cr.length)
      throw new RangeError(`${cb.length} and ${cr.length} pixels of chroma: it has 16 x 16`);
    writeAreaMean({ pixels: luma, width, height, channels: 1 }, SMALL_SIDE, SMALL_SIDE, this.#small);
    this.#cb.set(cb);
    this.#cr.set(cr);
    this.#run.smallHashes();
    return smallHashesOf(this.#smallHashes);
  }

  /**
   * The local features of the picture, spread over it, the strongest first: docs/hash-format.md.
   * @param most how many, at most {@link MAX_FEATURES}; a picture with few edges has fewer, a small or smooth one none
   * @returns 38 bytes for each: features.ts reads them
   */
  features(most: number): Uint8Array {
    if (!(most >= 0 && most <= MAX_FEATURES)) throw new RangeError(`${most} features: at most ${MAX_FEATURES}`);
    if (most === 0) return new Uint8Array(0);
    this.#most[0] = most;
    const count = this.#run.findFeatures();
    return this.#features.slice(0, count * FEATURE_BYTES);
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

/** Numbers of 64 bits, of which each has its low half first. */
const numbersOf = (words: Uint32Array): Float64Array => {
  const numbers = new Float64Array(words.length / 2);
  for (let index = 0; index < numbers.length; index += 1)
    numbers[index] = at(words, 2 * index + 1) * 2 ** 32 + at(words, 2 * index);
  return numbers;
};

const bytesOf = (numbers: Float32Array | Float64Array | Int8Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
