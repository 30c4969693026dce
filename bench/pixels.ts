import { availableParallelism } from "node:os";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { uprightBlockhash } from "@lookalike/engine/evidence/blockhash";
import { EvidenceMemory } from "@lookalike/engine/evidence/evidence-memory";
import { HASH_BITS } from "@lookalike/engine/hash/hash-format";
import type { PicturePixels } from "@lookalike/engine/hash/picture-pixels";
import { jpegPixels } from "@lookalike/engine/hash/pixels/jpeg-pixels";
import { giveBackLuma } from "@lookalike/engine/hash/pixels/luma-bytes";
import { sharpPixels } from "@lookalike/engine/hash/pixels/sharp-pixels";
import { decodeShrink, workingSize } from "@lookalike/engine/hash/pixels/working-size";
import { readJpegHeader } from "@lookalike/engine/hash/structure/jpeg-header";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { corroborates } from "@lookalike/shared/domain/image/signature";
import { defaultThresholdBits } from "@lookalike/shared/domain/job/options";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import pMap from "p-map";
import sharp from "sharp";
import { type Bench, type Row, throughputRow } from "./bench.ts";
import { installedPhotographs } from "./installed-photographs.ts";

const FILES = 2_000;
/** Of the installed ones, as many in equal steps: each is decoded whole. */
const PHOTOGRAPHS = 12;
const TIMEOUT_SECONDS = 60;
/** Size that a photograph is decoded in, of which each file is a piece. */
const WHOLE = { width: 4_800, height: 3_600 };
const SIDES = { least: 120, most: 4_700 };
const QUALITIES = { least: 30, most: 98 };
const CHROMAS = ["4:2:0", "4:4:4"];
/** Upper ends of the classes of differing bits that are printed. */
const CLASSES = [0, 2, 4, 6, 8, 10, 14, 20, HASH_BITS];

/** A file's hashes by the two decoders. */
interface Compared {
  /** By how much the decoder shrinks it. */
  readonly shrink: number;
  readonly bits: number;
  readonly agree: boolean;
}

/** How the hashes of the native decoder differ from those of sharp, which decodes where there is none. */
export const pixels: Bench = {
  about: `bits of a hash that differ without the native JPEG decoder, of ${FILES} (or --images N) files of seeded sizes, qualities, chroma and scans`,
  async run(_, say, images = FILES) {
    const compared: Compared[] = [];
    const installed = installedPhotographs();
    const step = Math.max(1, Math.floor(installed.length / PHOTOGRAPHS));
    const photographs = installed.filter((_, index) => index % step === 0).slice(0, PHOTOGRAPHS);
    for (const [index, photograph] of photographs.entries()) {
      const files = Math.ceil((images - compared.length) / (photographs.length - index));
      compared.push(
        ...(await pMap(piecesOf(photograph, index, files), compare, { concurrency: availableParallelism() })),
      );
      say(`${compared.length} of ${images} files`);
    }
    return [1, 2, 4, 8].flatMap((shrink) => rowsOf(shrink, compared, say));
  },
};

const rowsOf = (shrink: number, all: readonly Compared[], say: (text: string) => void): Row[] => {
  const compared = all.filter((file) => file.shrink === shrink);
  if (compared.length === 0) return [];
  const threshold = defaultThresholdBits(HASH_BITS);
  const classes = CLASSES.map((most, index) => {
    const least = index === 0 ? 0 : (CLASSES[index - 1] as number) + 1;
    const files = compared.filter(({ bits }) => bits >= least && bits <= most).length;
    return `${least === most ? most : `${least} to ${most}`}: ${files}`;
  });
  const bits = compared.reduce((sum, file) => sum + file.bits, 0);
  say(
    `decoded at 1/${shrink}: ${bits} of ${compared.length * HASH_BITS} bits differ; files by bits: ${classes.join(", ")}`,
  );
  const rowOf = (what: string, files: number, goal: number | null): Row =>
    throughputRow({
      bench: "pixels",
      case: `JPEG files decoded at 1/${shrink}: ${what}`,
      ours: files,
      rival: "all",
      theirs: compared.length,
      unit: "files",
      goal,
    });
  return [
    rowOf("the same bits", compared.filter((file) => file.bits === 0).length, null),
    rowOf(`at most ${threshold} bits differ`, compared.filter((file) => file.bits <= threshold).length, 0.999),
    rowOf("the signatures agree", compared.filter((file) => file.agree).length, 1),
  ];
};

/** JPEG files of pieces of a photograph: the same for the same seed. */
async function* piecesOf(photograph: string, seed: number, files: number): AsyncGenerator<Buffer> {
  const { data, info } = await sharp(photograph, { limitInputPixels: false })
    .resize({ ...WHOLE, fit: "cover" })
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const random = randomWords(seed);
  const next = (): number => (random() >>> 0) / 2 ** 32;
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  for (let file = 0; file < files; file += 1) {
    // Small files are as frequent as large ones.
    const long = Math.round(SIDES.least * (SIDES.most / SIDES.least) ** next());
    const short = Math.max(SIDES.least >> 1, Math.round(long * (0.4 + 0.6 * next())));
    const [across, down] = next() < 0.7 ? [long, short] : [short, long];
    const part = { width: Math.min(across, width), height: Math.min(down, height) };
    const left = between(0, width - part.width);
    const top = between(0, height - part.height);
    yield sharp(data, { raw: { width, height, channels } })
      .extract({ left, top, ...part })
      .jpeg({
        quality: between(QUALITIES.least, QUALITIES.most),
        chromaSubsampling: CHROMAS[between(0, CHROMAS.length - 1)] as string,
        progressive: next() < 0.5,
      })
      .toBuffer();
  }
}

const memory = new EvidenceMemory(fastestBackend);

const hashesOf = (picture: PicturePixels) => {
  const { blockhashes, signature } = memory.smallHashes(picture);
  giveBackLuma(picture.luma);
  return { hash: uprightBlockhash(blockhashes), signature };
};

const compare = async (file: Buffer): Promise<Compared> => {
  const header = readJpegHeader(file);
  if (header === null) throw new Error("a file has no header");
  const decoded = jpegPixels(file, header);
  if (decoded === null) throw new Error("a file is not decoded natively: is libjpeg-turbo installed?");
  const native = hashesOf(decoded);
  const { width, height } = workingSize(header);
  const shrink = decodeShrink(header);
  const image = shrink > 1 ? sharp(file).resize(width, height, { fit: "fill", kernel: "cubic" }) : sharp(file);
  const other = hashesOf(await sharpPixels(image, TIMEOUT_SECONDS));
  return {
    shrink,
    bits: hammingDistance(native.hash, other.hash),
    agree: corroborates(native.signature, 0, other.signature, 0),
  };
};
