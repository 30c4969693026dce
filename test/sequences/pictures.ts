import sharp, { type Sharp } from "sharp";
import { drawScene } from "../support/scene.ts";

const WIDTH = 200;
const HEIGHT = 150;
const SCENES = 6;

/** The pictures that sequences use, drawn once. */
export interface Pictures {
  /** Names and bytes of the files that a folder has at first: pictures, and companions of some of them. */
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
  // Films that are equal beside equal pictures, one that is not, and what programs wrote beside pictures.
  const text = (path: string, content: string): [string, Buffer] => [path, Buffer.from(content)];
  first.push(
    text("0.mov", "a film"),
    text("a/0.mov", "a film"),
    text("1.mov", "one film"),
    text("a/1.mov", "a longer one"),
  );
  first.push(
    text("0.xmp", "rated 3"),
    text("a/0.xmp", "rated 3"),
    text("a/2.jpg.xmp", "rated 1"),
    text("2.xmp", "rated 2"),
  );
  return { first, edited };
};

/** Whether a file of a sequence's folder is no picture. */
export const isCompanion = (path: string): boolean => /\.(mov|xmp)$/.test(path);

/** A JPEG with a comment: the same picture. @returns null for a file that is no JPEG */
export const withComment = (bytes: Buffer, comment: string): Buffer | null => {
  if (bytes.readUInt16BE(0) !== 0xffd8) return null;
  const head = Buffer.alloc(6);
  head.writeUInt32BE(0xffd8fffe);
  head.writeUInt16BE(comment.length + 2, 4);
  return Buffer.concat([head, Buffer.from(comment, "latin1"), bytes.subarray(2)]);
};
