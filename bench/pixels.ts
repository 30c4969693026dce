import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { blockhash } from "@lookalike/engine/evidence/blockhash";
import { HASH_BITS } from "@lookalike/engine/hash/hash-format";
import type { PicturePixels } from "@lookalike/engine/hash/picture-pixels";
import { jpegPixels } from "@lookalike/engine/hash/pixels/jpeg-pixels";
import { sharpPixels } from "@lookalike/engine/hash/pixels/sharp-pixels";
import { smallLuma } from "@lookalike/engine/hash/pixels/small-luma";
import { decodeShrink, workingSize } from "@lookalike/engine/hash/pixels/working-size";
import { readJpegHeader } from "@lookalike/engine/hash/structure/jpeg-header";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { defaultThresholdBits } from "@lookalike/shared/domain/job/options";
import pMap from "p-map";
import sharp from "sharp";
import { makePhotographs } from "../test/support/photographs.ts";
import { type Bench, type Row, throughputRow } from "./bench.ts";
import { installedScenes } from "./installed-photographs.ts";
import { percentile } from "./statistics.ts";

const TIMEOUT_SECONDS = 60;
/** Under 1,024 pixels libvips decodes whole, above it makes the working picture: both are measured. */
const WIDTHS = [640, 1_600];

/** How the hashes of the native decoder differ from those of sharp, which decodes where there is none. */
export const pixels: Bench = {
  about: "bits of a hash that differ without the native JPEG decoder (--images N of each size)",
  async run(_, say, images = 1_500) {
    const rows: Row[] = [];
    for (const width of WIDTHS) {
      const folder = await mkdtemp(join(tmpdir(), "lookalike-pixels-"));
      try {
        await makePhotographs(folder, images, width, installedScenes());
        const names = (await readdir(folder)).filter((name) => name.endsWith(".jpg"));
        const distances = await pMap(names, (name) => distanceOf(join(folder, name)), {
          concurrency: availableParallelism(),
        });
        const [median, p99, most] = [0.5, 0.99, 1].map((share) => percentile(distances, share));
        say(`${width} pixels: ${median} bits in the median, ${p99} in the 99th percentile, ${most} at most`);
        const threshold = defaultThresholdBits(HASH_BITS);
        for (const bits of [0, threshold / 2, threshold])
          rows.push(
            throughputRow({
              bench: "pixels",
              case: `JPEG files of ${width} pixels whose hashes differ in at most ${bits} bits`,
              ours: distances.filter((distance) => distance <= bits).length,
              rival: "all",
              theirs: distances.length,
              unit: "files",
              goal: bits === threshold ? 0.999 : null,
            }),
          );
      } finally {
        await rm(folder, { recursive: true });
      }
    }
    return rows;
  },
};

const hashOf = (picture: PicturePixels): Uint8Array => blockhash(smallLuma(picture));

const distanceOf = async (path: string): Promise<number> => {
  const file = await readFile(path);
  const header = readJpegHeader(file);
  if (header === null) throw new Error(`${path} has no header`);
  const native = jpegPixels(file, header);
  if (native === null) throw new Error(`${path} is not decoded natively: is libjpeg-turbo installed?`);
  const { width, height } = workingSize(header);
  const image =
    decodeShrink(header) > 1 ? sharp(file).resize(width, height, { fit: "fill", kernel: "cubic" }) : sharp(file);
  return hammingDistance(hashOf(native), hashOf(await sharpPixels(image, TIMEOUT_SECONDS)));
};
