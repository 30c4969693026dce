import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { randomWords } from "@lookalike/shared/domain/primitives/random";

export interface HashesCatalog {
  readonly images: number;
  readonly bits: number;
  readonly seed: number;
  /** Of 1,000 images, how many are a copy of an earlier one with up to 6 bits changed. */
  readonly copiesPerThousand: number;
}

const RECENT = 500;

/** Perceptual hashes like a real catalog's: most are far from all others, the rest similar or equal. */
function* hashes({ images, bits, seed, copiesPerThousand }: HashesCatalog): Generator<Uint8Array> {
  const random = randomWords(seed);
  const words = bits / 32;
  const recent: Uint32Array[] = [];
  for (let image = 0; image < images; image += 1) {
    const original = recent[random() % Math.max(1, recent.length)];
    const hash =
      original !== undefined && random() % 1_000 < copiesPerThousand
        ? withChangedBits(original, random() % 7, random)
        : Uint32Array.from({ length: words }, random);
    recent[recent.length < RECENT ? recent.length : random() % RECENT] = hash;
    yield new Uint8Array(hash.buffer);
  }
}

/** The hash with so many bits drawn to be changed. */
export const withChangedBits = (hash: Uint32Array, bits: number, random: () => number): Uint32Array => {
  const changed = hash.slice();
  for (let flip = 0; flip < bits; flip += 1) {
    const word = random() % changed.length;
    changed[word] = ((changed[word] ?? 0) ^ (1 << (random() % 32))) >>> 0;
  }
  return changed;
};

/** A catalog as lines of NDJSON, from image number `from` on. */
export function* hashLines(catalog: HashesCatalog, from = 0): Generator<string> {
  let number = 0;
  for (const hash of hashes(catalog)) {
    number += 1;
    if (number <= from) continue;
    yield `${JSON.stringify({
      id: `img-${String(number).padStart(8, "0")}`,
      hash: Buffer.from(hash).toString("hex"),
      width: 4032,
      height: 3024,
    })}\n`;
  }
}

/** Writes a catalog as the NDJSON file of a `hashes` source. */
export const writeHashes = async (file: string, catalog: HashesCatalog): Promise<void> => {
  const out = createWriteStream(file);
  for (const line of hashLines(catalog)) if (!out.write(line)) await once(out, "drain");
  out.end();
  await once(out, "finish");
};
