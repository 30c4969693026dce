import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";
import { EDITS } from "./edits/edits.ts";
import type { Capture, LookalikeClass } from "./lookalikes/lookalike.ts";
import { LOOKALIKES } from "./lookalikes/lookalikes.ts";
import { type Original, stemOf } from "./originals.ts";
import { imageOf, type Pixels, pixelsOf, readPixels } from "./picture.ts";
import { Choices } from "./random.ts";
import { type FileTruth, type Half, PICTURES } from "./truth.ts";

/** So many other originals are at hand for a collage. */
const OTHERS = 12;
const JPEG_QUALITY = 85;

export interface CorpusPlan {
  readonly seed: number;
  readonly half: Half;
  /** Look-alikes of each class. */
  readonly filesPerClass: number;
  readonly originals: readonly Original[];
}

/**
 * Writes the pictures of a corpus into a folder: the originals, each with all edits, and the look-alikes. The same plan
 * gives the same files.
 * @returns what is known about each file, in the order of their names
 */
export const makeCorpus = async (
  folder: string,
  plan: CorpusPlan,
  say: (text: string) => void,
): Promise<FileTruth[]> => {
  const pictures = join(folder, PICTURES);
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  const decoded = await pMap(plan.originals, async ({ family, file }) => ({ family, pixels: await readPixels(file) }), {
    concurrency: availableParallelism(),
  });
  const families = await pMap(
    decoded,
    async (original, number) => {
      const files = await writeFamily(pictures, plan.seed, number, original, othersOf(decoded, number));
      if (number % 10 === 9) say(`${number + 1} of ${decoded.length} originals and their edits`);
      return files;
    },
    { concurrency: availableParallelism() },
  );
  const classes = await pMap(
    LOOKALIKES,
    async (known) => {
      const files = await writeClass(pictures, plan, known);
      say(`${plan.filesPerClass} files: ${known.name}`);
      return files;
    },
    { concurrency: availableParallelism() },
  );
  return [...families, ...classes].flat().sort((a, b) => (a.file < b.file ? -1 : 1));
};

interface Decoded {
  readonly family: string;
  readonly pixels: Pixels;
}

/** The originals after this one, in a circle. */
const othersOf = (decoded: readonly Decoded[], number: number): Decoded[] =>
  [...decoded.slice(number + 1), ...decoded.slice(0, number)].slice(0, OTHERS);

const EXTENSIONS = { jpeg: "jpg", webp: "webp", png: "png", avif: "avif", gif: "gif" } as const;

const encoded = async (image: Sharp | Buffer, format: "jpeg" | "png", capture?: Capture): Promise<Buffer> => {
  const picture = await pixelsOf(Buffer.isBuffer(image) ? sharp(image) : image);
  const output = imageOf(picture);
  if (format === "png") return output.png({ compressionLevel: 3 }).toBuffer();
  const jpeg = output.jpeg({ quality: JPEG_QUALITY });
  if (capture === undefined) return jpeg.toBuffer();
  const { camera, takenAt, subSeconds } = capture;
  const taken = { DateTimeOriginal: takenAt, ...(subSeconds === null ? {} : { SubSecTimeOriginal: subSeconds }) };
  return jpeg.withExif({ IFD0: { Make: "Lookalike", Model: camera }, IFD2: taken }).toBuffer();
};

const writeFamily = async (
  folder: string,
  seed: number,
  number: number,
  { family, pixels: source }: Decoded,
  others: readonly Decoded[],
): Promise<FileTruth[]> => {
  const stem = stemOf(family, number);
  const file = await imageOf(source).jpeg({ quality: 92, chromaSubsampling: "4:4:4" }).toBuffer();
  // What was published is the file: edits are made from its pixels.
  const pixels = await pixelsOf(sharp(file));
  await writeFile(join(folder, `${stem}-00.jpg`), file);
  const plain = { families: [family], parameters: {}, series: null, crop: null, frame: null };
  const truths: FileTruth[] = [{ ...plain, file: `${stem}-00.jpg`, class: "original", edit: null, kinds: [] }];
  for (const [at, edit] of EDITS.entries()) {
    const choices = new Choices(seed, `${family}/${edit.name}`);
    const { image, ...about } = await edit.apply({ pixels, file, others, choices });
    const name = `${stem}-${String(at + 1).padStart(2, "0")}.${EXTENSIONS[edit.format ?? "jpeg"]}`;
    await writeFile(join(folder, name), Buffer.isBuffer(image) ? image : await encoded(image, "jpeg"));
    truths.push({
      ...plain,
      file: name,
      class: "edit",
      edit: edit.name,
      kinds: [...edit.kinds],
      families: [family, ...(about.others ?? [])],
      parameters: { ...about.parameters },
      crop: about.crop ?? null,
      frame: about.frame ?? null,
    });
  }
  return truths;
};

const writeClass = async (
  folder: string,
  { seed, half, filesPerClass }: CorpusPlan,
  { name, format, series, draw }: LookalikeClass,
): Promise<FileTruth[]> => {
  const truths: FileTruth[] = [];
  const stem = `z-${name.replace(/[^\w]+/g, "_")}`;
  for (let number = 0; number < filesPerClass; number += 1) {
    const [group, position] = [Math.floor(number / series), number % series];
    const own = new Choices(seed, `${half}/${name}/${number}`);
    const shared = new Choices(seed, `${half}/${name}/series ${group}`);
    const { image, capture } = await draw(own, shared, position, number);
    const file = `${stem}-${String(number).padStart(3, "0")}.${EXTENSIONS[format]}`;
    await writeFile(join(folder, file), await encoded(image, format, capture));
    truths.push({
      file,
      families: [file],
      class: name,
      edit: null,
      kinds: [],
      parameters: {},
      series: series === 1 ? null : `${name} ${group}`,
      crop: null,
      frame: null,
    });
  }
  return truths;
};
