import sharp, { type Sharp } from "sharp";
import { drawScene } from "../support/scene.ts";

const WIDTH = 200;
const HEIGHT = 150;
const SCENES = 6;

/** The pictures that sequences use, drawn once. */
export interface Pictures {
  /** Names and bytes of the files that a folder has at first. */
  readonly first: readonly (readonly [path: string, bytes: Buffer])[];
  /** What files become when their pixels are edited: variants of the first ones, and other scenes. */
  readonly edited: readonly Buffer[];
}

export const drawPictures = async (): Promise<Pictures> => {
  const drawn = (scene: number): Sharp =>
    sharp(drawScene(scene, WIDTH, HEIGHT), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const jpeg = (picture: Sharp, quality = 90): Promise<Buffer> => picture.jpeg({ quality }).toBuffer();
  const first: [string, Buffer][] = [];
  const edited: Buffer[] = [];
  for (let scene = 0; scene < SCENES; scene += 1) {
    const bytes = await jpeg(drawn(scene));
    first.push(
      [`${scene}.jpg`, bytes],
      [`a/${scene}.jpg`, bytes],
      [`b/c/${scene}-small.jpg`, await jpeg(drawn(scene), 60)],
    );
    if (scene % 2 === 0) first.push([`a/${scene}.webp`, await drawn(scene).webp({ quality: 75 }).toBuffer()]);
    if (scene % 3 === 0) first.push([`b/${scene} (1).jpg`, bytes]);
    edited.push(await jpeg(drawn(scene).modulate({ brightness: 1.05 }), 88), await jpeg(drawn(SCENES + scene)));
  }
  return { first, edited };
};

/** A JPEG with a comment: the same picture. @returns null for a file that is no JPEG */
export const withComment = (bytes: Buffer, comment: string): Buffer | null => {
  if (bytes.readUInt16BE(0) !== 0xffd8) return null;
  const head = Buffer.alloc(6);
  head.writeUInt32BE(0xffd8fffe);
  head.writeUInt16BE(comment.length + 2, 4);
  return Buffer.concat([head, Buffer.from(comment, "latin1"), bytes.subarray(2)]);
};
