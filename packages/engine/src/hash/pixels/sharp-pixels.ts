import type { Sharp } from "sharp";
import type { PicturePixels } from "../picture-pixels.ts";
import { pixelsOfRaw } from "./raw-pixels.ts";

/** The pixels of a picture that sharp decodes, in sRGB, transparent ones blended with white. */
export const sharpPixels = async (image: Sharp, timeoutSeconds: number): Promise<PicturePixels> => {
  const { data, info } = await image
    .timeout({ seconds: timeoutSeconds })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return pixelsOfRaw({ pixels: data, width: info.width, height: info.height, channels: info.channels });
};
