import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels } from "../picture-pixels.ts";
import type { Plane } from "./area-mean.ts";
import { chromaOf, lumaPlane } from "./luma.ts";
import { fastestAreaMean } from "./native-pixels.ts";
import { workingSize } from "./working-size.ts";

const GREY = 128;

/** The pixels of a decoded picture of one byte (grey) or three (sRGB), already turned as it is seen. */
export const pixelsOfRaw = (picture: Plane, mean = fastestAreaMean): PicturePixels => {
  const { channels } = picture;
  const { width, height } = workingSize(picture);
  const working = width === picture.width && height === picture.height ? picture.pixels : mean(picture, width, height);
  return {
    width,
    height,
    luma: lumaPlane(working, channels),
    ...chromaCells({ pixels: working, width, height, channels }, mean),
    sourceWidth: picture.width,
    sourceHeight: picture.height,
  };
};

const chromaCells = (working: Plane, mean: typeof fastestAreaMean): Pick<PicturePixels, "cb" | "cr"> => {
  const cb = new Uint8Array(CHROMA_SIDE * CHROMA_SIDE).fill(GREY);
  const cr = cb.slice();
  if (working.channels === 1) return { cb, cr };
  const cells = mean(working, CHROMA_SIDE, CHROMA_SIDE);
  for (let cell = 0, from = 0; cell < cb.length; cell += 1, from += working.channels) {
    const [blue, red] = chromaOf(byteAt(cells, from), byteAt(cells, from + 1), byteAt(cells, from + 2));
    cb[cell] = blue;
    cr[cell] = red;
  }
  return { cb, cr };
};
