import { decodeByLibrary, libraryFormat, librarySize } from "@lookalike/engine/hash/decode-by-library";
import type { ReservePixels } from "@lookalike/engine/hash/decode-picture";
import sharp, { type Sharp } from "sharp";
import { PICTURE_LIMITS } from "./picture-limits.ts";

/** The longest side of each size of thumbnail, in pixels. */
const THUMBNAIL_PIXELS = { small: 320, large: 1_600 } as const;
export type ThumbnailSize = keyof typeof THUMBNAIL_PIXELS;

const { maxPixels, timeoutSeconds } = PICTURE_LIMITS;

/**
 * The picture in a smaller size and upright, as WebP. It blocks the thread where a library decodes the picture.
 * @throws Error when it can't be decoded
 */
export const thumbnailOf = async (file: Buffer, size: ThumbnailSize, reserve?: ReservePixels): Promise<Buffer> => {
  const pixels = THUMBNAIL_PIXELS[size];
  return (await openImage(file, pixels, reserve))
    .timeout({ seconds: timeoutSeconds })
    .autoOrient()
    .resize({ width: pixels, height: pixels, fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
};

const openImage = async (
  file: Buffer,
  side: number,
  reserve: ReservePixels = async () => undefined,
): Promise<Sharp> => {
  if (libraryFormat(file) !== null) return decodeOther(file, librarySize(file), reserve);
  const image = sharp(file, { limitInputPixels: maxPixels });
  const { width, height, format, compression } = await image.metadata();
  if (compression === "hevc") return decodeOther(file, { width, height }, reserve);
  // libvips decodes a JPEG at the smallest eighth, quarter or half that is large enough.
  const shrink = format === "jpeg" ? ([8, 4, 2].find((by) => Math.max(width, height) / by >= side) ?? 1) : 1;
  await reserve((width * height) / shrink ** 2);
  return image;
};

const decodeOther = async (
  file: Buffer,
  { width, height }: { readonly width: number; readonly height: number },
  reserve: ReservePixels,
): Promise<Sharp> => {
  if (width * height > maxPixels) throw new Error(`${width} x ${height} is over the pixel limit`);
  await reserve(width * height);
  const decoded = await decodeByLibrary(file);
  if (decoded === null) throw new Error("HEIC: the optional package heic-decode is not installed");
  return sharp(decoded.data, { raw: decoded.raw });
};
