import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import sharp, { type Sharp } from "sharp";

const SCENES = 12;
const WIDTH = 1_200;
const HEIGHT = 900;
const CROP = { left: 9, top: 7, width: WIDTH - 18, height: HEIGHT - 14 };

/** Draws the demo catalog once: scenes with resized, re-encoded, cropped and exact copies. */
export const makeDemoCatalog = async (folder: string): Promise<void> => {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, "copies"), { recursive: true });
  for (let scene = 1; scene <= SCENES; scene += 1) await drawScene(unfinished, scene);
  await rename(unfinished, folder);
};

const drawScene = async (folder: string, scene: number): Promise<void> => {
  const name = `scene-${String(scene).padStart(2, "0")}`;
  const original = join(folder, `${name}.jpg`);
  const words = randomWords(Math.imul(scene, 0x9e3779b9));
  await sharp(Buffer.from(sceneSvg(() => words() / 2 ** 32)))
    .jpeg({ quality: 92 })
    .toFile(original);
  const copy = (suffix: string) => join(folder, "copies", `${name}${suffix}`);
  const variants: [boolean, string, (image: Sharp) => Sharp][] = [
    [scene % 2 === 0, "-small.jpg", (image) => image.resize({ width: WIDTH / 2 }).jpeg({ quality: 80 })],
    [scene % 3 === 0, ".webp", (image) => image.webp({ quality: 70 })],
    [scene % 4 === 0, "-crop.jpg", (image) => image.extract(CROP).jpeg({ quality: 90 })],
    [scene % 5 === 0, ".png", (image) => image.png()],
  ];
  for (const [isDrawn, suffix, change] of variants) if (isDrawn) await change(sharp(original)).toFile(copy(suffix));
  if (scene % 3 === 1) await copyFile(original, copy(" (1).jpg"));
};

/** A landscape: sky, sun, ridges of hills and some trees. @param random in [0, 1) */
const sceneSvg = (random: () => number): string => {
  const between = (low: number, high: number): number => Math.round(low + random() * (high - low));
  const colour = (lightness: number): string => `hsl(${between(0, 360)} ${between(30, 80)}% ${lightness}%)`;
  const ridges = Array.from({ length: 4 }, (_, ridge) => {
    const base = HEIGHT * (0.35 + ridge * 0.15);
    const points = Array.from(
      { length: 9 },
      (_, at) => `${(WIDTH / 8) * at},${Math.round(base + (random() - 0.5) * 260)}`,
    );
    return `<polygon points="0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}" fill="${colour(60 - ridge * 13)}"/>`;
  });
  const trees = Array.from({ length: between(4, 14) }, () => {
    const x = between(0, WIDTH);
    const y = between(HEIGHT * 0.5, HEIGHT);
    const size = between(40, 130);
    return `<polygon points="${x},${y - size * 2} ${x - size / 2},${y} ${x + size / 2},${y}" fill="${colour(between(12, 35))}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <defs><linearGradient id="sky" x2="${random().toFixed(2)}" y2="1"><stop stop-color="${colour(35)}"/><stop offset="1" stop-color="${colour(80)}"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${between(100, WIDTH - 100)}" cy="${between(60, 400)}" r="${between(40, 120)}" fill="${colour(85)}"/>
    ${ridges.join("")}${trees.join("")}</svg>`;
};
