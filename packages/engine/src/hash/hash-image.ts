import { createHash } from "node:crypto";
import { isFlatHash } from "@lookalike/shared/domain/image/hamming";
import type { Failure, FailureReason, ImageFacts, Outcome } from "@lookalike/shared/domain/image/hash-block";
import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { oneLine } from "@lookalike/shared/domain/primitives/text";
import { bmvbhash } from "blockhash-core";
import exifr from "exifr";
import sharp, { type Metadata } from "sharp";
import { z } from "zod";
import { isCutShort } from "./cut-short.ts";
import { decodeHeic, type HeicDecoder } from "./decode-heic.ts";
import type { PixelBudget } from "./pixel-budget.ts";
import { pictureSums, SIDE, signatureOf } from "./signature.ts";

/**
 * The published hash format, 256 bits, described step by step in docs/hash-format.md. Any change to the
 * steps below or to the signature is a new version, because old and new hashes cannot be compared: catalogs
 * of another format are then hashed again in mode full.
 */
export const HASH_FORMAT = "blockhash16/2";
export const HASH_BITS = 256;

const GRID = 16;
/** A picture whose luma (0..255) has a lower standard deviation has no structure that a hash could show. */
const FLAT_LUMA_DEVIATION = 2;

export interface HashLimits {
  /** Pixels of the decoded image; a larger one is refused before decoding. */
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  /** Left out: HEIC is decoded in this thread, which it blocks. */
  readonly decodeHeic?: HeicDecoder;
}

/**
 * Hashes the bytes of one image file: both hashes, the colours and the facts from one decode. It never
 * throws because of the file's content.
 */
export const hashImage = async (file: Buffer, limits: HashLimits, budget?: PixelBudget): Promise<Outcome> => {
  for (let left = MAX_ATTEMPTS_FOR_REASON; ; left -= 1) {
    const outcome = await decodeAndHash(file, limits, budget);
    if (left === 1 || outcome.kind !== "failed" || outcome.failure.detail !== UNKNOWN_ERROR) return outcome;
  }
};

/** libvips has one error buffer for all threads: the failure of another picture may clear this one's text. */
const UNKNOWN_ERROR = "Unknown error";
const MAX_ATTEMPTS_FOR_REASON = 3;

const decodeAndHash = async (file: Buffer, limits: HashLimits, budget?: PixelBudget): Promise<Outcome> => {
  if (file.length === 0) return failed("empty", "the file has no bytes");
  try {
    const read = sharp(file, { limitInputPixels: limits.maxPixels, failOn: "error" });
    const metadata = await read.metadata();
    const isHeic = metadata.compression === "hevc";
    if (isHeic && metadata.width * metadata.height > limits.maxPixels)
      return failed("too-many-pixels", `${metadata.width} x ${metadata.height} is over the pixel limit`);
    await budget?.take(decodedPixels(metadata));
    const heic = isHeic ? await (limits.decodeHeic ?? decodeHeic)(file) : null;
    if (isHeic && heic === null)
      return failed("unsupported", "HEIC: the optional package heic-decode is not installed");
    const image = heic === null ? read : sharp(heic.data, { raw: heic.raw });
    const pixels = await image
      .timeout({ seconds: limits.timeoutSeconds })
      .autoOrient()
      .resize(SIDE, SIDE, { fit: "fill", kernel: "cubic" })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer();
    const rgba = rgbaOf(pixels);
    const hash = Buffer.from(bmvbhash({ data: rgba, width: SIDE, height: SIDE }, GRID), "hex");
    const sums = pictureSums(rgba);
    const flat = sums.lumaDeviation < FLAT_LUMA_DEVIATION || isFlatHash(hash);
    return {
      kind: flat ? "flat" : "hashed",
      hash,
      signature: signatureOf(sums),
      contentDigest: createHash("sha256").update(file).digest(),
      facts: {
        ...(heic === null ? (metadata.autoOrient ?? {}) : { width: heic.raw.width, height: heic.raw.height }),
        bytes: file.length,
        format: isHeic ? "heic" : metadata.compression === "av1" ? "avif" : metadata.format,
        ...(metadata.exif === undefined ? {} : await exifFacts(metadata.exif)),
      },
    };
  } catch (error) {
    return { kind: "failed", failure: failureOf(error, file) };
  } finally {
    budget?.giveBack();
  }
};

/** Opaque pixels of four bytes from pixels of one, three or four: libvips takes far longer to add a channel. */
const rgbaOf = (pixels: Buffer): Uint8Array => {
  const channels = pixels.length / (SIDE * SIDE);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  const rgba = new Uint8Array(SIDE * SIDE * 4);
  for (let from = 0, to = 0; to < rgba.length; from += channels, to += 4) {
    rgba[to] = byteAt(pixels, from);
    rgba[to + 1] = byteAt(pixels, from + green);
    rgba[to + 2] = byteAt(pixels, from + blue);
    rgba[to + 3] = 255;
  }
  return rgba;
};

/** Pixels that libvips decodes: JPEG at the smallest eighth, quarter or half that is large enough. */
const decodedPixels = ({ format, width, height }: Metadata): number => {
  const shrink = format === "jpeg" ? ([8, 4, 2].find((by) => Math.min(width, height) / by >= SIDE) ?? 1) : 1;
  return (width * height) / shrink ** 2;
};

/** A failed outcome. Its detail is shortened to the limit of the events' schema. */
export const failed = (reason: FailureReason, detail: string): Outcome => ({
  kind: "failed",
  failure: { reason, detail: oneLine(detail, 120) },
});

/** libvips describes an error only in words: docs/decisions/0006-failure-reasons.md. */
const REASONS: readonly [RegExp, FailureReason][] = [
  [/pixel limit/i, "too-many-pixels"],
  [/timeout/i, "timeout"],
  [/unsupported image format|not in a supported format/i, "not-an-image"],
];
const TRUNCATED = /premature end|truncated|unexpected end|out of data|not enough|end of (file|input)|incomplete/i;

/** The file's own structure decides between truncated and corrupt where it can: the words may be another picture's. */
const failureOf = (error: unknown, file: Buffer): Failure => {
  const message = error instanceof Error ? error.message : String(error);
  const isCut = isCutShort(file) ?? TRUNCATED.test(message);
  const reason = REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? (isCut ? "truncated" : "corrupt");
  const detail =
    reason === "truncated" && message === UNKNOWN_ERROR ? "the file ends before the picture does" : message;
  return { reason, detail: oneLine(detail, 120) };
};

/** A field of another type than the standard's costs only itself. */
const exifText = z.string().optional().catch(undefined);
const Exif = z.object({ DateTimeOriginal: exifText, Make: exifText, Model: exifText });

/**
 * Time and camera from an EXIF block. The time stays the camera's text, in ISO form, because EXIF times
 * have no zone, and a Date would depend on the machine's zone. A broken block is not a failure.
 */
const exifFacts = async (block: Buffer): Promise<ImageFacts> => {
  // JPEG has a header before the block, HEIC and AVIF have none.
  const tiff = block.subarray(block.toString("latin1", 0, 4) === "Exif" ? 6 : 0);
  try {
    const tags = Exif.parse(
      await exifr.parse(tiff, { pick: ["DateTimeOriginal", "Make", "Model"], reviveValues: false }),
    );
    const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(tags.DateTimeOriginal ?? "");
    const camera = oneLine([tags.Make, tags.Model].filter(Boolean).join(" "), 64);
    return {
      ...(taken === null ? {} : { takenAt: `${taken[1]}-${taken[2]}-${taken[3]}T${taken[4]}` }),
      ...(camera === "" ? {} : { camera }),
    };
  } catch {
    return {};
  }
};
