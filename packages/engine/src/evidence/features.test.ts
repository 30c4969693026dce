import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { drawBoxes, drawPage, drawScreen, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import { descriptorAt, FEATURE_BYTES, featureAt, featureCount, mirroredDescriptor } from "./features.ts";
import { plainFeatures } from "./features-plain.ts";
import { turnPixels } from "./turned-pixels.fixtures.ts";
import { TURNS, type Turn } from "./turns.ts";

const boxes = (seed: number, width: number, height: number): Luma => ({
  luma: drawBoxes(seed, width, height),
  width,
  height,
});

/** Boxes with the texture of a scene, as photographs have both. */
const textured = (width: number, height: number): Luma => {
  const scene = sceneLuma(7, width, height);
  const luma = drawBoxes(11, width, height).map((level, index) => (level + (scene[index] ?? 0)) >> 1);
  return { luma, width, height };
};

const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24);

const memories = backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) }));

describe("features", () => {
  it.each<[string, Luma]>([
    ["the longest side", textured(512, 120)],
    ["a small picture", boxes(2, 120, 90)],
    ["a page", drawPage(150, 150)],
    ["a screen", drawScreen(200, 120)],
    ["a tall picture", textured(67, 400)],
    ["just large enough", boxes(3, 33, 33)],
    ["noise", { luma: noise(90 * 80), width: 90, height: 80 }],
  ])("are those of plain code on every backend, bit by bit: %s", (_, picture) => {
    const expected = plainFeatures(picture, MAX_FEATURES);
    for (const { name, memory } of memories) {
      expect([name, memory.load(picture).features(MAX_FEATURES)]).toEqual([name, expected]);
      expect(memory.load(picture).features(10)).toEqual(expected.subarray(0, 10 * FEATURE_BYTES));
    }
  });

  it.each<[string, Luma]>([
    ["of one colour", { luma: new Uint8Array(200 * 200).fill(90), width: 200, height: 200 }],
    ["smaller than a patch", boxes(4, 32, 32)],
    ["one pixel wide", boxes(4, 3, 512)],
  ])("are none in a picture %s", (_, picture) => {
    for (const { memory } of memories) expect(memory.load(picture).features(MAX_FEATURES)).toHaveLength(0);
  });
});

describe("features of a turned picture", () => {
  const picture = textured(300, 300);
  const [{ memory }] = memories as [(typeof memories)[number]];
  const found = memory.load(picture).features(64);

  /** How many features have one within 24 bits in the turned picture. */
  const shared = (turn: Turn, descriptorOf: (descriptor: Uint8Array) => Uint8Array): number => {
    const luma = turnPixels(picture.luma, picture.width, picture.height, turn);
    const turned = memory.load({ ...picture, luma }).features(64);
    return Array.from({ length: featureCount(found) }, (_, index) => descriptorAt(found, index)).filter((descriptor) =>
      Array.from({ length: featureCount(turned) }, (_, index) => descriptorOf(descriptorAt(turned, index))).some(
        (other) => hammingDistance(descriptor, other) <= 24,
      ),
    ).length;
  };

  it.each(["rotated90", "rotated180", "rotated270"] as const)("%s are found as they are", (name) => {
    expect(shared(TURNS[name], (descriptor) => descriptor)).toBeGreaterThan(40);
  });

  it.each(["mirrored", "flipped", "transposed", "transverse"] as const)(
    "%s are found by mirrored descriptors",
    (name) => {
      expect(shared(TURNS[name], mirroredDescriptor)).toBeGreaterThan(40);
      expect(shared(TURNS[name], (descriptor) => descriptor)).toBeLessThan(8);
    },
  );

  it("are spread over the picture, each inside it", () => {
    expect(found.length).toBe(64 * FEATURE_BYTES);
    const cells = new Set<number>();
    for (let index = 0; index < 64; index += 1) {
      const { x, y, scale, angle } = featureAt(found, index);
      expect(Math.min(x, y, 300 - x, 300 - y)).toBeGreaterThanOrEqual(16);
      expect(scale).toBeGreaterThanOrEqual(1);
      expect(angle).toBeLessThan(2 * Math.PI);
      cells.add(Math.floor(x / 50) + 6 * Math.floor(y / 50));
    }
    expect(cells.size).toBeGreaterThan(30);
  });
});
