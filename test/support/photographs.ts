import { copyFile, mkdir, utimes } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";
import { drawScene } from "./scene.ts";

/** Where the pixels of a catalog's scenes come from. */
export interface SceneSource {
  /** @returns height x width pixels of three bytes */
  pixels(scene: number, width: number, height: number): Promise<Buffer>;
  /** The original that the scene is a piece of: scenes of one original are written one after another. */
  originalOf(scene: number): number;
}

const drawnScenes: SceneSource = {
  pixels: async (scene, width, height) => drawScene(scene, width, height),
  originalOf: (scene) => scene,
};

/** What is done to a scene for each of its images; the first leaves it as it is. */
const VARIANTS: readonly ((image: Sharp, width: number, height: number) => Sharp)[] = [
  (image) => image.jpeg({ quality: 90 }),
  (image, width) => image.resize({ width: Math.round(width * 0.7) }).jpeg({ quality: 85 }),
  (image) => image.webp({ quality: 75 }),
  (image) => image.jpeg({ quality: 55 }),
  (image) => image.modulate({ brightness: 1.05 }).jpeg({ quality: 88 }),
  (image, width, height) =>
    image.extract({ left: 4, top: 3, width: width - 8, height: height - 6 }).jpeg({ quality: 88 }),
];

/**
 * A catalog of `images` real files: scenes, with variants of every scene and now and then an exact
 * copy. The same numbers give the same pictures, on every machine.
 */
export const makePhotographs = async (
  folder: string,
  images: number,
  width = 960,
  source: SceneSource = drawnScenes,
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const height = Math.round((width * 3) / 4);
  const scenes = Math.ceil(images / (VARIANTS.length + 1));
  const inOrder = Array.from({ length: scenes }, (_, scene) => scene).sort(
    (a, b) => source.originalOf(a) - source.originalOf(b) || a - b,
  );
  await pMap(
    inOrder,
    async (scene) => {
      const pixels = await source.pixels(scene, width, height);
      for (const [variant, change] of VARIANTS.entries()) {
        const number = variant * scenes + scene;
        if (number >= images) break;
        const file = join(folder, `${nameOf(scene)}-${variant}.${variant === 2 ? "webp" : "jpg"}`);
        await change(sharp(pixels, { raw: { width, height, channels: 3 } }), width, height).toFile(file);
        await utimes(file, 1_700_000_000 + number, 1_700_000_000 + number);
      }
    },
    { concurrency: availableParallelism() },
  );
  for (let number = scenes * VARIANTS.length; number < images; number += 1) {
    const name = nameOf(number % scenes);
    await copyFile(join(folder, `${name}-0.jpg`), join(folder, `${name}-copy.jpg`));
  }
};

const nameOf = (scene: number): string => String(scene).padStart(6, "0");
