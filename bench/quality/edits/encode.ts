import sharp, { type Sharp } from "sharp";
import { imageOf } from "../picture.ts";
import type { Edit } from "./edit.ts";

const HIGH = 0.995;

/** A comment segment right after a JPEG's start: other bytes, the same pixels. */
const withComment = (jpeg: Buffer, text: string): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe]), length, Buffer.from(text), jpeg.subarray(2)]);
};

const messenger = (image: Sharp, side: number, quality: number): Promise<Buffer> =>
  image
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality, chromaSubsampling: "4:2:0" })
    .toBuffer();

/** Other bytes, formats and sizes of the same picture. */
export const ENCODINGS: readonly Edit[] = [
  { name: "copy", kinds: ["identical"], goal: HIGH, apply: ({ file }) => ({ image: file }) },
  {
    name: "comment added",
    kinds: ["same-pixels"],
    goal: HIGH,
    apply: ({ file, choices }) => ({ image: withComment(file, `saved ${choices.whole(1, 1e9)}`) }),
  },
  {
    name: "JPEG 30",
    kinds: ["re-encoded"],
    goal: HIGH,
    apply: async ({ pixels }) => ({ image: await imageOf(pixels).jpeg({ quality: 30 }).toBuffer() }),
  },
  {
    name: "WebP 50",
    kinds: ["re-encoded"],
    goal: HIGH,
    format: "webp",
    apply: async ({ pixels }) => ({ image: await imageOf(pixels).webp({ quality: 50, effort: 2 }).toBuffer() }),
  },
  {
    name: "PNG",
    kinds: ["same-pixels", "re-encoded"],
    goal: HIGH,
    format: "png",
    apply: async ({ pixels }) => ({ image: await imageOf(pixels).png({ compressionLevel: 1 }).toBuffer() }),
  },
  {
    name: "AVIF",
    kinds: ["re-encoded"],
    goal: HIGH,
    format: "avif",
    apply: async ({ pixels }) => ({ image: await imageOf(pixels).avif({ quality: 50, effort: 0 }).toBuffer() }),
  },
  {
    name: "GIF",
    kinds: ["re-encoded", "toned"],
    goal: HIGH,
    format: "gif",
    apply: async ({ pixels }) => ({ image: await imageOf(pixels).gif({ effort: 1 }).toBuffer() }),
  },
  {
    name: "half the size",
    kinds: ["resized"],
    goal: HIGH,
    apply: ({ pixels }) => ({ image: imageOf(pixels).resize({ width: Math.round(pixels.width / 2) }) }),
  },
  {
    name: "thumbnail of 15 %",
    kinds: ["resized"],
    goal: HIGH,
    apply: ({ pixels }) => ({ image: imageOf(pixels).resize({ width: Math.round(pixels.width * 0.15) }) }),
  },
  {
    name: "messenger",
    kinds: ["resized"],
    goal: HIGH,
    apply: async ({ pixels }) => ({ image: await messenger(imageOf(pixels), 640, 70) }),
  },
  {
    name: "messenger twice",
    kinds: ["resized"],
    goal: HIGH,
    apply: async ({ pixels }) => ({
      image: await messenger(sharp(await messenger(imageOf(pixels), 800, 65)), 600, 60),
    }),
  },
  {
    name: "stretched",
    kinds: ["resized"],
    goal: HIGH,
    apply: ({ pixels: { data, width, height }, choices }) => {
      const factor = choices.between(1.08, 1.25);
      return {
        image: imageOf({ data, width, height }).resize(width, Math.round(height / factor), { fit: "fill" }),
        parameters: { factor },
      };
    },
  },
];
