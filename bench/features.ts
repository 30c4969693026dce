import { backends, fastestBackend } from "@lookalike/engine/compare/backend";
import { EvidenceMemory } from "@lookalike/engine/evidence/evidence-memory";
import { descriptorAt, featureCount, mirroredDescriptor } from "@lookalike/engine/evidence/features";
import { sharpPixels } from "@lookalike/engine/hash/pixels/sharp-pixels";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import sharp, { type Sharp } from "sharp";
import { type Bench, costRow, type Row, throughputRow } from "./bench.ts";
import { distinctPictures } from "./installed-photographs.ts";

/** Long side of an original in pixels. */
const SIDE = 1_200;
const TIMEOUT_SECONDS = 60;
/** Descriptors of the same place differ in at most so many bits: the radius of the join that finds candidates. */
const RADIUS_BITS = 24;
/** How many features an edit must share to be a candidate. */
const SHARED = [2, 3, 4];

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @param whole the picture as a PNG file */
type Edit = (image: Sharp, size: Size, whole: Buffer) => Sharp;

const drawing = ({ width, height }: Size, body: string): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`);

const crop =
  (left: number, top: number, right: number, bottom: number): Edit =>
  (image, { width, height }) =>
    image.extract({
      left: Math.round(width * left),
      top: Math.round(height * top),
      width: Math.round(width * (1 - left - right)),
      height: Math.round(height * (1 - top - bottom)),
    });

/** The corners that a rotation leaves are filled with black. */
const rotate =
  (degrees: number): Edit =>
  (image) =>
    image.rotate(degrees, { background: "#000" });

const bars = ({ width, height }: Size): Buffer =>
  drawing(
    { width, height: height * 2 },
    `<rect width="100%" height="100%" fill="#f4f4f6"/><rect width="100%" height="${height * 0.1}" fill="#224"/>${[
      0, 1, 2, 3, 4,
    ]
      .map(
        (line) =>
          `<rect x="40" y="${height * (1.6 + line * 0.07)}" width="${width * (0.3 + line * 0.1)}" height="30" fill="#444"/>`,
      )
      .join("")}`,
  );

/** Qualities of the JPEG that an edit is saved as, where it is not the usual one. */
const QUALITIES: Readonly<Record<string, number>> = { "JPEG of quality 30": 30 };
const USUAL_QUALITY = 85;

const EDITS: Readonly<Record<string, Edit>> = {
  "JPEG of quality 30": (image) => image,
  watermark: (image, size) =>
    image.composite([
      {
        input: drawing(
          size,
          `<text x="50%" y="55%" font-size="${size.width / 8}" fill="#fff" fill-opacity="0.5" text-anchor="middle">SAMPLE PHOTO</text>`,
        ),
      },
    ]),
  "a caption below": (image, { height }) => image.extend({ bottom: Math.round(height * 0.14), background: "#fff" }),
  "a border": (image, { width }) => {
    const border = Math.round(width * 0.06);
    return image.extend({ top: border, bottom: border, left: border, right: border, background: "#fff" });
  },
  "in a screenshot": (_, size, whole) =>
    sharp(bars(size)).composite([{ input: whole, top: Math.round(size.height * 0.3), left: 0 }]),
  "cropped by 5 %": crop(0.03, 0.02, 0.02, 0.03),
  "cropped by 12 %, off centre": crop(0.12, 0.1, 0, 0.02),
  "cropped by 20 %": crop(0.15, 0.05, 0.05, 0.15),
  "rotated by 2 degrees": rotate(2),
  "rotated by 5 degrees": rotate(5),
  "rotated by 90 degrees": rotate(90),
  mirrored: (image) => image.flop(),
  "a thumbnail of 240 pixels": (image) => image.resize(240, 240, { fit: "inside" }),
};

const PIECES = [
  { left: 0, top: 0, part: 1 },
  { left: 0, top: 0.2, part: 0.5 },
  { left: 0.5, top: 0.4, part: 0.5 },
];

/** The features of a picture and of each of its edits. */
interface Picture {
  readonly photograph: number;
  readonly features: Uint8Array;
  readonly edits: Readonly<Record<string, Uint8Array>>;
}

const memory = new EvidenceMemory(fastestBackend);

const featuresOf = async (image: Sharp): Promise<Uint8Array> =>
  memory.load(await sharpPixels(image, TIMEOUT_SECONDS)).features(DEFAULT_FEATURES);

const pictureOf = async (photograph: number, image: Sharp): Promise<Picture> => {
  const { data, info } = await image
    .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
    .png({ compressionLevel: 1 })
    .toBuffer({ resolveWithObject: true });
  const edits: Record<string, Uint8Array> = {};
  for (const [name, edit] of Object.entries(EDITS)) {
    const file = await edit(sharp(data), info, data)
      .jpeg({ quality: QUALITIES[name] ?? USUAL_QUALITY })
      .toBuffer();
    edits[name] = await featuresOf(sharp(file));
  }
  return { photograph, features: await featuresOf(sharp(await sharp(data).jpeg({ quality: 92 }).toBuffer())), edits };
};

/** How many features of the one have one of the other near, or the other way round where that is fewer. */
const sharedFeatures = (x: Uint8Array, y: Uint8Array, isMirrored: boolean): number => {
  const [near, nearOther] = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < featureCount(x); i += 1) {
    const descriptor = isMirrored ? mirroredDescriptor(descriptorAt(x, i)) : descriptorAt(x, i);
    for (let j = 0; j < featureCount(y); j += 1)
      if (hammingDistance(descriptor, descriptorAt(y, j)) <= RADIUS_BITS) {
        near.add(i);
        nearOther.add(j);
      }
  }
  return Math.min(near.size, nearOther.size);
};

const WARM_RUNS = 8;

/** Milliseconds of a picture by each backend. */
const timings = (rounds: number, pictures: Parameters<EvidenceMemory["load"]>[0][]): Row[] =>
  backends.map((backend) => {
    const timed = new EvidenceMemory(backend);
    const run = (): number => {
      const { user } = process.cpuUsage();
      for (const picture of pictures) timed.load(picture).features(DEFAULT_FEATURES);
      return (process.cpuUsage().user - user) / 1_000 / pictures.length;
    };
    // WebAssembly is compiled a second time, for speed, after some calls.
    for (let warm = 0; warm < WARM_RUNS; warm += 1) run();
    const times = Array.from({ length: rounds }, run).sort((a, b) => a - b);
    return costRow({
      bench: "features",
      case: `features of a picture of 512 pixels, ${backend.name}`,
      ours: times[times.length >> 1] as number,
      rival: "the time held to",
      theirs: backend.name === "wasm" ? 6 : 2,
      unit: "ms",
      goal: 1,
    });
  });

/** How many edits share enough local features with their original to be candidates, and how many strangers do. */
export const features: Bench = {
  about: "edits and strangers that share local features, and the time that they take",
  async run(rounds, say, images = 60) {
    const pictures: Picture[] = [];
    const timed: Parameters<EvidenceMemory["load"]>[0][] = [];
    for (const [photograph, file] of distinctPictures().entries()) {
      if (pictures.length >= images) break;
      const { data, info } = await sharp(file, { limitInputPixels: false })
        .resize({ width: 2 * SIDE, withoutEnlargement: true })
        .flatten({ background: "#fff" })
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      for (const { left, top, part } of PIECES) {
        const piece = sharp(data, { raw: { width, height, channels } }).extract({
          left: Math.round(width * left),
          top: Math.round(height * top),
          width: Math.floor(width * part),
          height: Math.floor(height * part),
        });
        pictures.push(await pictureOf(photograph, piece));
        if (part === 1)
          timed.push(await sharpPixels(sharp(data, { raw: { width, height, channels } }), TIMEOUT_SECONDS));
      }
      say(`${pictures.length} pictures`);
    }
    const edits = Object.keys(EDITS).flatMap((edit) => {
      const shared = pictures.map((picture) =>
        sharedFeatures(picture.features, picture.edits[edit] as Uint8Array, edit === "mirrored"),
      );
      return SHARED.map((least) => pictureRow(`${edit}: at least ${least}`, shared, least));
    });
    const strangers = pictures.flatMap((x, at) =>
      pictures
        .slice(0, at)
        .filter(({ photograph }) => photograph !== x.photograph)
        .map((y) => sharedFeatures(x.features, y.features, false)),
    );
    return [
      ...timings(rounds, timed),
      ...edits,
      ...[1, 2, 3].map((least) => pictureRow(`strangers: at least ${least}`, strangers, least)),
    ];
  },
};

const pictureRow = (name: string, shared: readonly number[], least: number): Row =>
  throughputRow({
    bench: "features",
    case: name,
    ours: shared.filter((count) => count >= least).length,
    rival: "pairs",
    theirs: shared.length,
    unit: "pairs",
    goal: null,
  });
