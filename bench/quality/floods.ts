import { featureTile } from "@lookalike/engine/candidates/feature-tile";
import { MOST_PICTURES } from "@lookalike/engine/candidates/frequent-keys";
import { featureJoinerBy } from "@lookalike/engine/candidates/join-features";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import sharp from "sharp";
import { costRow, type Row } from "../bench.ts";
import { LOOKALIKES } from "./lookalikes/lookalikes.ts";
import { imageOf, pixelsOf } from "./picture.ts";
import { Choices } from "./random.ts";
import { readEvidence } from "./read-evidence.ts";

/** Pictures that have the same frame, or the same letters. */
const FLOODS = ["screenshots of one app", "pages of text"];

/** How many candidates by features a picture has among many that look alike: without keys that are dropped, and with them. */
export const floodRows = async (seed: number, count: number, say: (text: string) => void): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const name of FLOODS) {
    const tile = featureTile(name, await drawn(name, seed, count));
    const candidates = (mostPictures: number): number => {
      const join = featureJoinerBy(fastestBackend, { mostPictures });
      return (2 * join({ left: tile, right: tile, mirrored: false }).a.length) / count;
    };
    const before = candidates(count);
    const after = candidates(MOST_PICTURES);
    say(
      `${count} ${name}: ${before.toFixed(1)} candidates a picture, ${after.toFixed(1)} without keys of more than ${MOST_PICTURES}`,
    );
    rows.push(
      costRow({
        bench: "candidates",
        case: `candidates of one of ${count} ${name}`,
        ours: after,
        rival: "no key dropped",
        theirs: before,
        unit: "pictures",
        goal: null,
      }),
    );
  }
  return rows;
};

const drawn = async (name: string, seed: number, count: number) => {
  const known = LOOKALIKES.find((lookalike) => lookalike.name === name);
  if (known === undefined) throw new Error(`no class of look-alikes is called ${name}`);
  const pictures: { ordinal: number; features: Uint8Array }[] = [];
  for (let number = 0; number < count; number += 1) {
    const [group, position] = [Math.floor(number / known.series), number % known.series];
    const { image } = await known.draw(
      new Choices(seed, `${name}/${number}`),
      new Choices(seed, `${name}/series ${group}`),
      position,
      number,
    );
    const picture = imageOf(await pixelsOf(Buffer.isBuffer(image) ? sharp(image) : image));
    const evidence = await readEvidence(
      await (known.format === "png" ? picture.png({ compressionLevel: 1 }) : picture.jpeg()).toBuffer(),
    );
    if (evidence !== null) pictures.push({ ordinal: number, features: evidence.pixels.features });
  }
  return pictures;
};
