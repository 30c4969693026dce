import { mkdtemp, rm, utimes } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";
import { makePhotographs } from "../test/support/photographs.ts";
import { drawScene } from "../test/support/scene.ts";
import { installedScenes } from "./installed-photographs.ts";

export const FILES = 2_000;
/** 6.2 megapixels: an older camera, a phone with its pixels binned. */
export const WIDTH = 2_880;
/** So many small files for each large one. */
export const SMALL_FILES = 10;
export const SMALL_WIDTH = 640;

const inFolder = async <Result>(
  fill: (folder: string) => Promise<void>,
  work: (folder: string) => Promise<Result>,
): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-photographs-"));
  try {
    await fill(folder);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** JPEG and WebP files of one size, pieces of installed photographs and their variants. */
export const withPhotographs = <Result>(
  files: number,
  width: number,
  work: (folder: string) => Promise<Result>,
): Promise<Result> => inFolder((folder) => makePhotographs(folder, files, width, installedScenes()), work);

/** JPEG files of one size that are drawn, so that no two are pieces of one photograph: after each run of so many, a smaller copy of its last one. */
export const withFewCopies = <Result>(
  files: number,
  run: number,
  width: number,
  work: (folder: string) => Promise<Result>,
): Promise<Result> =>
  inFolder(async (folder) => {
    const drawn = { width: SCENE_WIDTH, height: (SCENE_WIDTH * 3) / 4 };
    const write = async (file: number): Promise<void> => {
      const isCopy = file % (run + 1) === run;
      const pixels = drawScene(isCopy ? file - 1 : file, drawn.width, drawn.height);
      const scene = sharp(pixels, { raw: { ...drawn, channels: 3 } }).resize({ width: isCopy ? width / 2 : width });
      const path = join(folder, `${String(file).padStart(6, "0")}.jpg`);
      await scene.jpeg({ quality: isCopy ? 75 : 90 }).toFile(path);
      await utimes(path, 1_700_000_000 + file, 1_700_000_000 + file);
    };
    const all = Array.from({ length: files }, (_, file) => file);
    await pMap(all, write, { concurrency: availableParallelism() });
  }, work);

interface Kind {
  readonly name: string;
  /** Of how many files in a hundred. */
  readonly share: number;
  readonly width: number;
  readonly encode: (image: Sharp) => Sharp;
}

const KINDS: readonly Kind[] = [
  { name: "png", share: 22, width: 1_280, encode: (image) => image.png() },
  { name: "webp", share: 22, width: 1_280, encode: (image) => image.webp({ quality: 80 }) },
  { name: "tif", share: 15, width: 1_280, encode: (image) => image.tiff({ compression: "lzw" }) },
  { name: "avif", share: 10, width: 1_280, encode: (image) => image.avif({ quality: 55, effort: 0 }) },
  { name: "png", share: 3, width: 4_000, encode: (image) => image.png({ compressionLevel: 1 }) },
  { name: "tif", share: 3, width: 4_000, encode: (image) => image.tiff({ compression: "none" }) },
  { name: "jpg", share: 24, width: 2_880, encode: (image) => image.jpeg({ quality: 85, progressive: true }) },
  { name: "jpg", share: 1, width: 8_000, encode: (image) => image.jpeg({ quality: 85 }) },
];
/** Pixels of a scene, which larger pictures are enlarged from. */
const SCENE_WIDTH = 1_280;

/** Which kind a file is of, so that each hundred has all of them. */
const kindOf = (file: number): Kind => {
  let place = (file * 37) % 100;
  for (const kind of KINDS) {
    if (place < kind.share) return kind;
    place -= kind.share;
  }
  throw new Error("the shares of kinds are not a hundred");
};

/**
 * Files of every kind that libvips reads: PNG, WebP, TIFF and AVIF, large PNG and TIFF, progressive JPEG, and JPEG of 48 megapixels. HEIC is left out,
 * since the libvips that sharp brings does not decode it.
 */
export const withMixedFiles = <Result>(files: number, work: (folder: string) => Promise<Result>): Promise<Result> =>
  inFolder(async (folder) => {
    const scenes = installedScenes();
    const height = (width: number): number => (width * 3) / 4;
    const write = async (file: number): Promise<void> => {
      const { name, width, encode } = kindOf(file);
      const pixels = await scenes.pixels(file, SCENE_WIDTH, height(SCENE_WIDTH));
      const scene = sharp(pixels, { raw: { width: SCENE_WIDTH, height: height(SCENE_WIDTH), channels: 3 } });
      const path = join(folder, `${String(file).padStart(6, "0")}.${name}`);
      await encode(scene.resize(width, height(width), { kernel: "linear" })).toFile(path);
      await utimes(path, 1_700_000_000 + file, 1_700_000_000 + file);
    };
    // Scenes of one photograph are written one after another.
    const inOrder = Array.from({ length: files }, (_, file) => file).sort(
      (a, b) => scenes.originalOf(a) - scenes.originalOf(b) || a - b,
    );
    await pMap(inOrder, write, { concurrency: availableParallelism() });
  }, work);
