import { CHROMA_SIDE, type PicturePixels } from "../picture-pixels.ts";
import { giveBackLuma, takeLuma } from "./luma-bytes.ts";
import { isTransposed, type Orientation, turnPlane } from "./orientation.ts";
import { workingSize } from "./working-size.ts";

/** A picture as it is stored. */
export interface StoredPicture {
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
}

/** Decodes a picture into luma of this size and chroma of `side` x `side` cells. @returns whether it could */
export type DecodePlanes = (
  luma: Uint8Array,
  width: number,
  height: number,
  cb: Uint8Array,
  cr: Uint8Array,
  side: number,
) => boolean;

/** The pixels of a picture that a native decoder decodes, turned as it is seen; null where it doesn't. */
export const decodedPlanes = (stored: StoredPicture, decode: DecodePlanes): PicturePixels | null => {
  const { width, height } = workingSize(stored);
  const luma = takeLuma(width * height);
  const cb = new Uint8Array(CHROMA_SIDE * CHROMA_SIDE);
  const cr = new Uint8Array(CHROMA_SIDE * CHROMA_SIDE);
  if (!decode(luma, width, height, cb, cr, CHROMA_SIDE)) {
    giveBackLuma(luma);
    return null;
  }
  const turn = (plane: Uint8Array, across: number, down: number) => turnPlane(plane, across, down, stored.orientation);
  const isTurned = isTransposed(stored.orientation);
  const turned = turn(luma, width, height);
  if (turned !== luma) giveBackLuma(luma);
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    luma: turned,
    cb: turn(cb, CHROMA_SIDE, CHROMA_SIDE),
    cr: turn(cr, CHROMA_SIDE, CHROMA_SIDE),
    sourceWidth: isTurned ? stored.height : stored.width,
    sourceHeight: isTurned ? stored.width : stored.height,
  };
};
