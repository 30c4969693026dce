import { createRequire } from "node:module";
import { areaMean, type Plane } from "./area-mean.ts";
import { takeLuma } from "./luma-bytes.ts";
import type { DecodePlanes } from "./native-planes.ts";

/** The native functions of packages/engine/pictures: each says whether it did what it is for. */
interface Addon {
  readonly areaMean: (
    pixels: Uint8Array,
    width: number,
    height: number,
    channels: number,
    to: Uint8Array,
    newWidth: number,
    newHeight: number,
  ) => boolean;
  readonly rawPixels: (
    pixels: Uint8Array,
    width: number,
    height: number,
    luma: Uint8Array,
    newWidth: number,
    newHeight: number,
    cells: Uint8Array,
    side: number,
  ) => boolean;
  /** Absent where libjpeg-turbo is not installed. */
  readonly decodeJpeg?: (file: Uint8Array, shrink: number, ...planes: Parameters<DecodePlanes>) => boolean;
  /** Absent where libwebp is not installed. */
  readonly decodeWebp?: (
    file: Uint8Array,
    width: number,
    height: number,
    ...planes: Parameters<DecodePlanes>
  ) => boolean;
}

/** Null where the addon was not built, as on a machine without a C compiler. */
const loadAddon = (): Addon | null => {
  try {
    return createRequire(import.meta.url)("../../../dist/pictures.node");
  } catch {
    return null;
  }
};

const addon = loadAddon();

/** Decodes plain JPEG; null where there is no native decoder. */
export const nativeDecodeJpeg = addon?.decodeJpeg ?? null;

/** Decodes lossy WebP; null where there is no native decoder. */
export const nativeDecodeWebp = addon?.decodeWebp ?? null;

/** Bytes of which each is written before it is read. */
const unsetBytes = (length: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);

/** Luma of a picture of three bytes a pixel in another size, and the means of cells of it; null where there is no addon. */
export const nativeRawPixels =
  addon === null
    ? null
    : (picture: Plane, size: { readonly width: number; readonly height: number }, side: number) => {
        const luma = takeLuma(size.width * size.height);
        const cells = new Uint8Array(side * side * picture.channels);
        const { pixels, width, height } = picture;
        if (!addon.rawPixels(pixels, width, height, luma, size.width, size.height, cells, side))
          throw noMemory(picture, size.width, size.height);
        return { luma, cells };
      };

const noMemory = ({ width, height }: Plane, newWidth: number, newHeight: number): RangeError =>
  new RangeError(`${width} x ${height} pixels can't be made ${newWidth} x ${newHeight}: memory allocation failed`);

/** Writes the {@link areaMean} of a plane to memory that has room for it, natively where that is possible. */
export const writeAreaMean = (plane: Plane, newWidth: number, newHeight: number, to: Uint8Array): void => {
  if (addon === null) {
    to.set(areaMean(plane, newWidth, newHeight));
    return;
  }
  const { pixels, width, height, channels } = plane;
  if (!addon.areaMean(pixels, width, height, channels, to, newWidth, newHeight))
    throw noMemory(plane, newWidth, newHeight);
};

/** {@link areaMean}, natively where that is possible. */
export const fastestAreaMean = (plane: Plane, newWidth: number, newHeight: number): Uint8Array => {
  const to = unsetBytes(newWidth * newHeight * plane.channels);
  writeAreaMean(plane, newWidth, newHeight, to);
  return to;
};
