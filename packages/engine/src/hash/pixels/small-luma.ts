import { BLOCKHASH_SIDE } from "../../evidence/blockhash.ts";
import type { PicturePixels } from "../picture-pixels.ts";
import { fastestAreaMean } from "./native-pixels.ts";

/** Luma as BLOCKHASH_SIDE x BLOCKHASH_SIDE area means, whatever the aspect ratio: what the hashes of the whole picture are of. */
export const smallLuma = ({ luma, width, height }: Pick<PicturePixels, "luma" | "width" | "height">): Uint8Array =>
  fastestAreaMean({ pixels: luma, width, height, channels: 1 }, BLOCKHASH_SIDE, BLOCKHASH_SIDE);
