import { createHash } from "node:crypto";
import { isFlatHash } from "@lookalike/shared/domain/image/hamming";
import { failed, type ImageFacts, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { oneLine } from "@lookalike/shared/domain/primitives/text";
import { bmvbhash } from "blockhash-core";
import sharp, { type Metadata, type Sharp } from "sharp";
import { z } from "zod";
import { decodeByLibrary, type LibraryDecoder, libraryFormat, librarySize } from "./decode-by-library.ts";
import { moreFacts } from "./more-pages.ts";
import { pictureDigest } from "./picture-digest.ts";
import { pictureSums, SIDE, signatureOf } from "./signature.ts";
import { readScans } from "./structure/jpeg-scans.ts";
import { isJpeg } from "./structure/jpeg-segments.ts";
import { readStructure } from "./structure/read-structure.ts";
import type { Structure } from "./structure/structure.ts";

const GRID = 16;
/** A picture whose luma (0..255) has a lower standard deviation has no structure that a hash could show. */
const FLAT_LUMA_DEVIATION = 2;

export interface HashLimits {
  /** Pixels of the decoded image; a larger one is refused before decoding. */
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  /** Left out: what libvips can't decode is decoded in this thread, which it blocks. */
  readonly decodeByLibrary?: LibraryDecoder;
}

/** Waits until so many pixels may be decoded, those that were reserved for the picture before not counted. */
export type ReservePixels = (pixels: number) => Promise<void>;

/**
 * Hashes the bytes of one image file: both hashes, the colours and the facts from one decode. It never
 * throws because of the file's content.
 */
export const hashImage = async (file: Buffer, limits: HashLimits, reserve?: ReservePixels): Promise<Outcome> => {
  if (file.length === 0) return failed("empty", "the file has no bytes");
  const started = performance.now();
  let structure: Structure | null = null;
  try {
    structure = readStructure(file);
    const { decoded, damaged } = await decodeWhatThereIs(file, structure, limits, reserve);
    if ("kind" in decoded) return decoded;
    const { rgba, metadata, width, height, format } = decoded;
    const hash = blockhashOf(rgba);
    const sums = pictureSums(rgba);
    const flat = sums.lumaDeviation < FLAT_LUMA_DEVIATION || isFlatHash(hash);
    return {
      kind: flat ? "flat" : "hashed",
      hash,
      signature: signatureOf(sums),
      contentDigest: createHash("sha256").update(file).digest(),
      pictureDigest: pictureDigest(file, metadata, decoded.pixels),
      facts: {
        ...(width === undefined || height === undefined ? {} : { width, height }),
        bytes: file.length,
        format,
        ...(metadata.exif === undefined ? {} : await exifFacts(metadata.exif)),
        ...(await moreFacts(file, structure, metadata, async (page) =>
          blockhashOf(await smallPixels(sharp(file, { limitInputPixels: limits.maxPixels, page }), limits)),
        )),
        ...(damaged === null ? {} : { damaged }),
      },
    };
  } catch (error) {
    const isTimeout = performance.now() - started >= limits.timeoutSeconds * 1_000;
    return isTimeout ? failed("timeout", `not done after ${limits.timeoutSeconds} s`) : failureOf(error, structure);
  }
};

interface DecodedPicture {
  /** SIDE x SIDE opaque pixels of four bytes. */
  readonly rgba: Uint8Array;
  /** All of its pixels, where they were decoded from HEIC. */
  readonly pixels: Uint8Array | null;
  readonly metadata: Metadata;
  /** The part of the picture, 0..1, that is known to be there. */
  readonly intact: number;
  /** Size in pixels as it is seen. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly format: string;
}

/** At which fault sharp stops: any, or one that may have made a part of the picture wrong, or none. */
type FailOn = "warning" | "error" | "none";

/**
 * Decodes a picture, if need be less strictly, and says what is wrong with the file. Decoders warn of harmless things, too, so a
 * warning is only the reason to look at the file itself; a JPEG that the strict decoder refuses is shown by every viewer.
 */
const decodeWhatThereIs = async (
  file: Buffer,
  structure: Structure | null,
  limits: HashLimits,
  reserve: ReservePixels | undefined,
): Promise<{ decoded: DecodedPicture | Outcome; damaged: string | null }> => {
  const damaged = structure?.fault?.text ?? null;
  try {
    const decoded = await decode(file, "warning", limits, reserve);
    const isWhole = "kind" in decoded || decoded.intact === 1;
    return { decoded, damaged: damaged ?? (isWhole ? null : "a part of its picture data cannot be decoded") };
  } catch (error) {
    if (isFinal(error)) throw error;
    const found = isJpeg(file) ? readScans(file) : null;
    if (found === null) return { decoded: await decode(file, "error", limits, reserve), damaged };
    if (found.intact < LEAST_INTACT) throw error;
    return { decoded: await decode(file, "none", limits, reserve), damaged: damaged ?? found.fault };
  }
};

/** A picture with a smaller part of its picture than this is not hashed: what is missing would be most of the hash. */
const LEAST_INTACT = 0.5;

const decode = async (
  file: Buffer,
  failOn: FailOn,
  limits: HashLimits,
  reserve: ReservePixels | undefined,
): Promise<DecodedPicture | Outcome> => {
  const format = libraryFormat(file);
  if (format !== null) return decodeOther(file, { ...librarySize(file), format }, limits, reserve);
  const read = sharp(file, { limitInputPixels: limits.maxPixels, failOn });
  const metadata = await read.metadata();
  if (metadata.compression === "hevc")
    return decodeOther(file, { ...metadata, format: "heic" }, limits, reserve, metadata);
  const raw = metadata.format === "tiff" ? await rawFormat(file) : null;
  if (raw !== null) return failed("unsupported", `camera raw (${raw}): libvips would read its preview alone`);
  await reserve?.(decodedPixels(metadata));
  const rgba = await smallPixels(read, limits);
  const { width, height } = metadata.autoOrient ?? {};
  const named = metadata.compression === "av1" ? "avif" : metadata.format;
  return { rgba, pixels: null, metadata, width, height, format: named, intact: 1 };
};

// Libraries for what few files have are loaded with the first such file, because each thread would load them at its start.

/** The kind of camera raw that a TIFF file is; null where it is none. */
const rawFormat = async (file: Buffer): Promise<string | null> => {
  const { fileTypeFromBuffer } = await import("file-type");
  const type = await fileTypeFromBuffer(file);
  return type === undefined || type.ext === "tif" ? null : type.ext.toUpperCase();
};

/**
 * Decodes a format that libvips has no decoder for.
 * @param known its metadata, which libvips reads of HEIC; left out: there are none but those of the pixels
 */
const decodeOther = async (
  file: Buffer,
  { width, height, format }: { readonly width: number; readonly height: number; readonly format: string },
  limits: HashLimits,
  reserve: ReservePixels | undefined,
  known?: Metadata,
): Promise<DecodedPicture | Outcome> => {
  if (width * height > limits.maxPixels)
    return failed("too-many-pixels", `${width} x ${height} is over the pixel limit`);
  await reserve?.(width * height);
  const picture = await (limits.decodeByLibrary ?? decodeByLibrary)(file);
  // The decoders of the other formats are always installed.
  if (picture === null) return failed("unsupported", "HEIC: the optional package heic-decode is not installed");
  const { data, raw, intact } = picture;
  if (intact < LEAST_INTACT) return failed("corrupt", "most of its picture data cannot be decoded");
  const image = sharp(data, { raw });
  const metadata = known ?? (await image.metadata());
  const rgba = await smallPixels(image, limits);
  return { rgba, pixels: data, metadata, width: raw.width, height: raw.height, format, intact };
};

/** A picture as SIDE x SIDE opaque pixels of four bytes: docs/hash-format.md. */
const smallPixels = async (image: Sharp, { timeoutSeconds }: HashLimits): Promise<Uint8Array> => {
  const pixels = await image
    .timeout({ seconds: timeoutSeconds })
    .autoOrient()
    .resize(SIDE, SIDE, { fit: "fill", kernel: "cubic" })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
  return rgbaOf(pixels);
};

const blockhashOf = (rgba: Uint8Array): Buffer =>
  Buffer.from(bmvbhash({ data: rgba, width: SIDE, height: SIDE }, GRID), "hex");

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

/** Sharp's own words, not libvips'. */
const TOO_MANY_PIXELS = /^Input (buffer|image) exceeds pixel limit/;
const NO_PICTURE = /^Input buffer contains unsupported image format/;
const TIMEOUT = /^timeout/;
/** Of libvips and the libraries in it, of V8, and of WebAssembly; but libheif says it of files that exceed its limits, too. */
const NO_MEMORY =
  /^(?!.*security limit).*(out of memory|memory allocation|allocation failed|invalid typed array length|enlarge memory)/is;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");

/** Whether a less strict attempt would fail, too. */
const isFinal = (error: unknown): boolean =>
  [TOO_MANY_PIXELS, NO_PICTURE, TIMEOUT, NO_MEMORY].some((words) => words.test(messageOf(error)));

/**
 * Why a file could not be decoded, in words of our own: libvips has one buffer of error texts for all threads, so a text may be about
 * another file (docs/decisions/0006-failure-reasons.md).
 */
const failureOf = (error: unknown, structure: Structure | null): Outcome => {
  const message = messageOf(error);
  if (NO_MEMORY.test(message)) return failed("out-of-memory", "it needs more memory than it may use");
  if (TOO_MANY_PIXELS.test(message)) return failed("too-many-pixels", "its width x height is over the pixel limit");
  if (NO_PICTURE.test(message) && structure?.fault?.isCut !== true)
    return failed("not-an-image", "the file is of no known format");
  if (structure === null || structure.fault === null) return failed("corrupt", "the picture cannot be decoded");
  return failed(structure.fault.isCut ? "truncated" : "corrupt", structure.fault.text);
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
    const { default: exifr } = await import("exifr");
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
