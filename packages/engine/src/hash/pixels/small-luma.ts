import { type PicturePixels, SMALL_SIDE } from "../picture-pixels.ts";
import { fastestAreaMean } from "./native-pixels.ts";

/** Luma as SMALL_SIDE x SMALL_SIDE area means, whatever the aspect ratio: what the hashes of the whole picture are of. */
export const smallLuma = ({ luma, width, height }: Pick<PicturePixels, "luma" | "width" | "height">): Uint8Array =>
  fastestAreaMean({ pixels: luma, width, height, channels: 1 }, SMALL_SIDE, SMALL_SIDE);
