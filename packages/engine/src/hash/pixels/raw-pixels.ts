import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels } from "../picture-pixels.ts";
import { areaMean, type Plane } from "./area-mean.ts";
import { chromaOf, lumaPlane } from "./luma.ts";
import { nativeRawPixels } from "./native-pixels.ts";
import { workingSize } from "./working-size.ts";

const CELLS = CHROMA_SIDE * CHROMA_SIDE;
const GREY = 128;
const COLOURS = 3;

/** Luma of the working picture, and the mean red, green and blue of each of CHROMA_SIDE x CHROMA_SIDE cells. */
interface LumaAndCells {
  readonly luma: Uint8Array;
  readonly cells: Uint8Array;
}

/** The pixels of a decoded picture of one byte (grey) or three (sRGB), already turned as it is seen. */
export const pixelsOfRaw = (picture: Plane): PicturePixels => {
  const size = workingSize(picture);
  const { luma, cells } =
    picture.channels === COLOURS && nativeRawPixels !== null
      ? nativeRawPixels(picture, size, CHROMA_SIDE)
      : plainRawPixels(picture, size);
  return {
    ...size,
    luma,
    ...chromaOfCells(cells),
    sourceWidth: picture.width,
    sourceHeight: picture.height,
  };
};

/** The same in plain TypeScript. */
export const plainRawPixels = (
  picture: Plane,
  size: { readonly width: number; readonly height: number },
): LumaAndCells => {
  const { pixels, width, height, channels } = picture;
  const luma = areaMean({ pixels: lumaPlane(pixels, channels), width, height, channels: 1 }, size.width, size.height);
  const cells = channels === COLOURS ? areaMean(picture, CHROMA_SIDE, CHROMA_SIDE) : new Uint8Array(0);
  return { luma, cells };
};

/** @param cells of three bytes; none where the picture is grey */
const chromaOfCells = (cells: Uint8Array): Pick<PicturePixels, "cb" | "cr"> => {
  const cb = new Uint8Array(CELLS).fill(GREY);
  const cr = cb.slice();
  for (let cell = 0, from = 0; from < cells.length; cell += 1, from += COLOURS) {
    const [blue, red] = chromaOf(byteAt(cells, from), byteAt(cells, from + 1), byteAt(cells, from + 2));
    cb[cell] = blue;
    cr[cell] = red;
  }
  return { cb, cr };
};
