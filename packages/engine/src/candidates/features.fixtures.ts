import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { DESCRIPTOR_BYTES, FEATURE_BYTES } from "../evidence/features.ts";
import type { FeaturedPicture } from "./feature-tile.ts";

const random = (seed: number, below: number): (() => number) => {
  const words = randomWords(seed);
  return () => words() % below;
};

/** So many scenes are in the pictures, and so many places in each scene. */
const SCENES = 4;
const PLACES = 12;

/**
 * Pictures of a few scenes: each shows the same places of its scene somewhere else, in another size and direction, with a few bits of each descriptor changed, beside
 * places of its own and one that all pictures have, as a logo is in them.
 */
export const scenePictures = (count: number, firstOrdinal: number, seed: number): FeaturedPicture[] =>
  Array.from({ length: count }, (_, picture) => {
    const number = random(seed * 1_000 + picture, 65_536);
    const scene = number() % SCENES;
    const [dx, dy, level, quarter] = [number() % 4_000, number() % 4_000, number() % 2, number() % 4];
    const features = [...Array.from({ length: PLACES }, (_, place) => scene * PLACES + place), LOGO].map((known) => {
      const { x, y, angle, descriptor } = placeOf(known);
      const [turnedX, turnedY] = turned(x, y, quarter);
      const changed = descriptor.slice();
      for (let flips = number() % 9; flips > 0; flips -= 1) {
        const bit = number() % 256;
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      }
      return feature(16_000 + turnedX + dx, 16_000 + turnedY + dy, level, (angle + 16 * quarter) % 64, changed);
    });
    for (let own = 0; own < 3; own += 1)
      features.push(
        feature(number() % 32_768, number() % 32_768, number() % 6, number() % 64, randomDescriptor(number)),
      );
    return { ordinal: firstOrdinal + picture, features: new Uint8Array(Buffer.concat(features)) };
  });

const LOGO = SCENES * PLACES;

const placeOf = (known: number) => {
  const number = random(known + 1, 65_536);
  return { x: number() % 12_000, y: number() % 12_000, angle: number() % 64, descriptor: randomDescriptor(number) };
};

const turned = (x: number, y: number, quarter: number): [number, number] =>
  Array.from({ length: quarter }).reduce<[number, number]>(([fromX, fromY]) => [-fromY, fromX], [x, y]);

const randomDescriptor = (number: () => number): Uint8Array =>
  Uint8Array.from({ length: DESCRIPTOR_BYTES }, () => number() & 255);

/** The bytes of a feature: see features.ts. */
export const feature = (x: number, y: number, level: number, angle: number, descriptor: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(FEATURE_BYTES);
  bytes.writeUInt16LE(x, 0);
  bytes.writeUInt16LE(y, 2);
  bytes[4] = level;
  bytes[5] = angle;
  bytes.set(descriptor, 6);
  return bytes;
};
