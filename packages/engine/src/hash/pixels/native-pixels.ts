import { createRequire } from "node:module";
import { areaMean, type Plane } from "./area-mean.ts";

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
  /** Absent where libjpeg-turbo is not installed. */
  readonly decodeJpeg?: (
    file: Uint8Array,
    shrink: number,
    luma: Uint8Array,
    width: number,
    height: number,
    cb: Uint8Array,
    cr: Uint8Array,
    chromaSide: number,
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

/** {@link areaMean}, natively where that is possible. */
export const fastestAreaMean = (plane: Plane, newWidth: number, newHeight: number): Uint8Array => {
  if (addon === null) return areaMean(plane, newWidth, newHeight);
  const { pixels, width, height, channels } = plane;
  const to = new Uint8Array(newWidth * newHeight * channels);
  if (!addon.areaMean(pixels, width, height, channels, to, newWidth, newHeight))
    throw new RangeError(
      `${width} x ${height} pixels can't be made ${newWidth} x ${newHeight}: memory allocation failed`,
    );
  return to;
};
