import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { hashImage } from "@lookalike/engine/hash/hash-image";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { corroborates } from "@lookalike/shared/domain/image/signature";
import { defaultThresholdBits } from "@lookalike/shared/domain/job/options";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";
import { type Bench, type Row, throughputRow } from "./bench.ts";
import { installedPhotographs } from "./installed-photographs.ts";

const WIDTH = 2_000;
const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60, features: 0 };

const crop = (share: number) => (image: Sharp, width: number, height: number) =>
  image.extract({
    left: Math.round((width * share) / 2),
    top: Math.round((height * share) / 2),
    width: Math.round(width * (1 - share)),
    height: Math.round(height * (1 - share)),
  });

/** What people do to pictures, and the part of the pictures that must still be found; null = a reading. */
const EDITS: Record<string, { goal: number | null; edit: (image: Sharp, width: number, height: number) => Sharp }> = {
  "half the size": { goal: 0.97, edit: (image, width) => image.resize({ width: width >> 1 }).jpeg() },
  "a thumbnail of 200 pixels": { goal: null, edit: (image) => image.resize({ width: 200 }).jpeg() },
  "JPEG of quality 30": { goal: 0.94, edit: (image) => image.jpeg({ quality: 30 }) },
  "WebP of quality 60": { goal: 0.94, edit: (image) => image.webp({ quality: 60 }) },
  "brighter by 15 %": { goal: null, edit: (image) => image.modulate({ brightness: 1.15 }).jpeg() },
  "more saturated by 30 %": { goal: null, edit: (image) => image.modulate({ saturation: 1.3 }).jpeg() },
  warmer: { goal: null, edit: (image) => image.linear([1.06, 1, 0.94], [0, 0, 0]).jpeg() },
  "black and white": { goal: null, edit: (image) => image.greyscale().jpeg() },
  "cropped by 2 %": { goal: null, edit: (image, width, height) => crop(0.02)(image, width, height).jpeg() },
  "cropped by 5 %": { goal: null, edit: (image, width, height) => crop(0.05)(image, width, height).jpeg() },
};

interface Hashed {
  readonly picture: number;
  readonly edit: string;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

/** Each photograph is five pictures: the whole, and its quarters. */
const QUARTERS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;
const PIECES = QUARTERS.length + 1;

/** One of each picture: wallpapers come in many sizes, side by side in one folder or named alike. */
export const distinctPictures = (): string[] => {
  const byName = new Map<string, string>();
  for (const file of installedPhotographs()) {
    if (/screenshot/.test(file)) continue;
    const sizes = /\/contents\/images/.test(file);
    byName.set(sizes ? dirname(file) : file.replace(/-[dl](\.\w+)$/, "$1"), file);
  }
  return [...byName.values()];
};

/** How many edited copies are found, and how many pairs of other pictures with them. */
export const quality: Bench = {
  about: "edited copies that are found, and strangers taken for copies",
  async run(_, say) {
    const pictures = distinctPictures();
    const hashed = (await pMap(pictures.entries(), hashEdits, { concurrency: availableParallelism() })).flat();
    const threshold = defaultThresholdBits(256);
    const near = (x: Hashed, y: Hashed) => hammingDistance(x.hash, y.hash) <= threshold;
    const found = (x: Hashed, y: Hashed) => near(x, y) && corroborates(x.signature, 0, y.signature, 0);
    const originals = hashed.filter(({ edit }) => edit === "");
    const rows: Row[] = Object.entries(EDITS).map(([edit, { goal }]) => {
      const copies = hashed.filter((image) => image.edit === edit);
      const isFound = (copy: Hashed) =>
        originals.some((original) => original.picture === copy.picture && found(original, copy));
      return throughputRow({
        bench: "quality",
        case: `found, ${edit}`,
        ours: copies.filter(isFound).length,
        rival: "copies",
        theirs: copies.length,
        unit: "pictures",
        goal,
      });
    });
    let [alone, both] = [0, 0];
    const reported = new Set<number>();
    hashed.forEach((x, at) => {
      for (const y of hashed.slice(0, at)) {
        if (x.picture === y.picture || !near(x, y)) continue;
        alone += 1;
        if (!found(x, y)) continue;
        both += 1;
        const pair = x.picture * originals.length * 2 + y.picture;
        if (!reported.has(pair))
          say(
            `${pictures[Math.floor(x.picture / PIECES)]} ${x.picture % PIECES} ~ ${pictures[Math.floor(y.picture / PIECES)]} ${y.picture % PIECES}`,
          );
        reported.add(pair);
      }
    });
    rows.push(
      throughputRow({
        bench: "quality",
        case: `strangers taken for copies, of ${hashed.length} images`,
        ours: both,
        rival: "the first hash alone",
        theirs: Math.max(alone, 1),
        unit: "pairs",
        goal: null,
      }),
    );
    return rows;
  },
};

const hashEdits = async ([number, file]: [number, string]): Promise<Hashed[]> => {
  const { data, info } = await sharp(await readFile(file), { limitInputPixels: false })
    .resize({ width: WIDTH, withoutEnlargement: true })
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const whole = () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  const hashed = await hashPicture(number * PIECES, whole, info.width, info.height);
  const [width, height] = [info.width >> 1, info.height >> 1];
  for (const [at, [x, y]] of QUARTERS.entries()) {
    const quarter = await whole()
      .extract({ left: x * width, top: y * height, width, height })
      .toBuffer();
    const piece = () => sharp(quarter, { raw: { width, height, channels: info.channels } });
    hashed.push(...(await hashPicture(number * PIECES + at + 1, piece, width, height)));
  }
  return hashed;
};

const hashPicture = async (picture: number, raw: () => Sharp, width: number, height: number): Promise<Hashed[]> => {
  const versions: typeof EDITS = { "": { goal: null, edit: (image) => image.jpeg({ quality: 92 }) }, ...EDITS };
  const hashed: Hashed[] = [];
  for (const [edit, { edit: change }] of Object.entries(versions)) {
    const outcome = await hashImage(await change(raw(), width, height).toBuffer(), LIMITS);
    if (outcome.kind !== "hashed" || outcome.signature === null) continue;
    hashed.push({ picture, edit, hash: outcome.hash, signature: outcome.signature });
  }
  return hashed;
};
