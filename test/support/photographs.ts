import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, stat, utimes } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";

const DECODED_AT_ONCE = 4;
const FOLDERS = ["/usr/share/backgrounds", "/usr/share/wallpapers"];

/** Real photographs and paintings: Debian's gnome-backgrounds and plasma-workspace-wallpapers. */
export const findPhotographs = async (): Promise<string[]> => {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (/\.(jpe?g|png|webp)$/i.test(entry.name) && (await stat(path)).size > 20_000) files.push(path);
    }
  };
  for (const folder of FOLDERS) await walk(folder).catch(() => undefined);
  if (files.length === 0) {
    throw new Error(
      `no photographs under ${FOLDERS.join(" or ")}: apt-get install gnome-backgrounds plasma-workspace-wallpapers`,
    );
  }
  return files;
};

/** What is done to a photograph to make image `number` out of it; 0 leaves it as large as it is used. */
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
 * A catalog of `images` real files: pieces of photographs, each piece a scene, with variants of every
 * scene and now and then an exact copy. The same numbers give the same pictures.
 */
export const makePhotographs = async (folder: string, images: number, width = 960): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const height = Math.round((width * 3) / 4);
  // As much of a photograph as gives different pieces; large ones are not blown up much.
  const spread = width > 2_000 ? 1.6 : 3;
  const photographs = await findPhotographs();
  const decoded = new Map<string, Promise<{ data: Buffer; width: number; height: number }>>();
  const decode = (file: string) => {
    const known = decoded.get(file);
    if (known !== undefined) return known;
    const pixels = sharp(file, { limitInputPixels: false })
      .resize(Math.round(width * spread), Math.round(height * spread), { fit: "cover" })
      .flatten({ background: "#fff" })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true })
      .then(({ data, info }) => ({ data, width: info.width, height: info.height }));
    decoded.set(file, pixels);
    // Scenes come photograph by photograph: of those before, nothing more is needed.
    for (const known of decoded.keys()) if (decoded.size > DECODED_AT_ONCE) decoded.delete(known);
    return pixels;
  };
  const scenes = Math.ceil(images / (VARIANTS.length + 1));
  // Scene by scene, so that the few photographs in use stay decoded.
  const numbers = Array.from({ length: images }, (_, at) => at).sort(
    (a, b) => ((a % scenes) % photographs.length) - ((b % scenes) % photographs.length) || a - b,
  );
  await pMap(
    numbers,
    async (number) => {
      const scene = number % scenes;
      const photograph = photographs[scene % photographs.length] ?? "";
      const { data, width: fullWidth, height: fullHeight } = await decode(photograph);
      const piece = createHash("sha256").update(`scene ${scene}`).digest();
      const left = piece.readUInt16BE(0) % (fullWidth - width);
      const top = piece.readUInt16BE(2) % (fullHeight - height);
      const variant = Math.floor(number / scenes);
      const file = join(folder, `${String(scene).padStart(6, "0")}-${variant}.${variant === 2 ? "webp" : "jpg"}`);
      const change = VARIANTS[variant];
      if (change === undefined) return;
      const raw = sharp(data, { raw: { width: fullWidth, height: fullHeight, channels: 3 } }).extract({
        left,
        top,
        width,
        height,
      });
      await change(raw, width, height).toFile(file);
      await utimes(file, 1_700_000_000 + number, 1_700_000_000 + number);
    },
    { concurrency: availableParallelism() },
  );
  for (let number = scenes * VARIANTS.length; number < images; number += 1) {
    const scene = String(number % scenes).padStart(6, "0");
    await copyFile(join(folder, `${scene}-0.jpg`), join(folder, `${scene}-copy.jpg`));
  }
};
