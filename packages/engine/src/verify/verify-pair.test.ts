import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { fastestBackend } from "../compare/backend.ts";
import { drawBoxes, drawPage } from "../evidence/drawn-luma.fixtures.ts";
import { takeEvidence } from "../evidence/evidence.ts";
import { EvidenceMemory } from "../evidence/evidence-memory.ts";
import { sharpPixels } from "../hash/pixels/sharp-pixels.ts";
import { mapped, rotationOf } from "./transform.ts";
import { type VerifiedPicture, verifiedPicture, verifyPair } from "./verify-pair.ts";

const memory = new EvidenceMemory(fastestBackend);
const FEATURES = 64;
const WIDTH = 720;
const HEIGHT = 540;

const see = async (image: Sharp): Promise<VerifiedPicture> => {
  const pixels = await sharpPixels(image, 60);
  return verifiedPicture(pixels, takeEvidence(memory, pixels, FEATURES));
};

/** A scene with boxes, which have the corners of photographs. */
const photograph = (seed: number): Sharp => {
  const scene = drawScene(seed, WIDTH, HEIGHT);
  const boxes = drawBoxes(seed + 1, WIDTH, HEIGHT);
  const pixels = scene.map((level, index) => (2 * level + (boxes[Math.floor(index / 3)] ?? 0)) / 3);
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
};

/** A part of it made unrecognizable, as a face or a number plate. */
const hidden = async (change: (part: Sharp, side: number) => Sharp | Promise<Sharp>): Promise<Sharp> => {
  const [left, top, side] = [330, 240, 72];
  const part = sharp(await photograph(1).extract({ left, top, width: side, height: side }).png().toBuffer());
  const input = await (await change(part, side)).png().toBuffer();
  return sharp(await photograph(1).composite([{ input, left, top }]).png().toBuffer());
};

/** White words with a black outline. */
const captioned = (words: string): Sharp =>
  photograph(1).composite([
    {
      input: Buffer.from(
        `<svg width="${WIDTH}" height="${HEIGHT}" font-family="DejaVu Sans" font-weight="bold" font-size="64" text-anchor="middle" fill="#fff" stroke="#000" stroke-width="3"><text x="360" y="90">${words}</text><text x="360" y="510">${[...words].reverse().join("")}</text></svg>`,
      ),
    },
  ]);

const page = (seed: number): Sharp => {
  const { luma, width, height } = drawPage(480, 640, seed);
  return sharp(luma, { raw: { width, height, channels: 1 } });
};

const original = await see(photograph(1));
const PART = { left: 150, top: 60, width: 430, height: 400 };

describe("looking at a picture and", () => {
  it.each<[string, string, () => Sharp | Promise<Sharp>]>([
    ["a strong compression", "re-encoded", async () => sharp(await photograph(1).jpeg({ quality: 25 }).toBuffer())],
    ["a smaller one", "resized", () => photograph(1).resize(260)],
    ["a lighter one", "toned", () => photograph(1).linear(0.7, 70)],
    ["a grey one", "toned", () => photograph(1).greyscale()],
    ["a mirrored one", "mirrored", () => photograph(1).flop()],
    ["one turned by 90°", "turned", () => photograph(1).rotate(90)],
    ["one rotated by 4°", "turned", () => photograph(1).rotate(4, { background: "#000" })],
    ["a crop", "cropped", () => photograph(1).extract(PART)],
    [
      "one with a border",
      "framed",
      () => photograph(1).extend({ top: 60, bottom: 140, left: 60, right: 60, background: "#eee" }),
    ],
    [
      "one with a patch",
      "retouched",
      () =>
        photograph(1).composite([
          { input: { create: { width: 90, height: 80, channels: 3, background: "#fd0" } }, left: 310, top: 220 },
        ]),
    ],
    ["one with a blurred face", "retouched", () => hidden((part, side) => part.blur(side / 6))],
    [
      "one with a mosaic",
      "retouched",
      () =>
        hidden(async (part, side) =>
          sharp(await part.resize(6).png().toBuffer()).resize(side, side, { kernel: "nearest" }),
        ),
    ],
  ])("%s", async (_, kind, edited) => {
    const other = await see(await edited());
    expect(verifyPair(original, other)?.kind).toBe(kind);
    expect(verifyPair(other, original)?.kind).toBe(kind);
  });
});

it("says where a crop was, and by how much a picture was rotated", async () => {
  const crop = await see(photograph(1).extract(PART));
  const { transform } = verifyPair(crop, original)?.comparison ?? {};
  const scale = original.width / WIDTH;
  for (const [x, y] of [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ] as const) {
    const corner = transform && mapped(transform, { x: x * crop.width, y: y * crop.height });
    expect(
      Math.hypot(
        (corner?.x ?? 0) - (PART.left + x * PART.width) * scale,
        (corner?.y ?? 0) - (PART.top + y * PART.height) * scale,
      ),
    ).toBeLessThan(2);
  }
  const rotated = await see(photograph(1).rotate(4, { background: "#000" }));
  const map = verifyPair(original, rotated)?.comparison.transform;
  expect(map && rotationOf(map)).toBeCloseTo(4, 0);
});

it("does not take pictures of other things for the same", async () => {
  const others = await Promise.all([2, 3, 4, 5, 6].map((seed) => see(photograph(seed))));
  expect(others.map((other) => verifyPair(original, other)?.kind ?? null)).toEqual([null, null, null, null, null]);
});

it("takes a page for the same only where its text is", async () => {
  const first = await see(page(1));
  const copy = await see(sharp(await page(1).resize(400).jpeg({ quality: 40 }).toBuffer()));
  expect([first.isDocument, verifyPair(first, copy)?.kind]).toEqual([true, "resized"]);
  for (const seed of [2, 3, 4]) expect(verifyPair(first, await see(page(seed)))?.kind ?? null).toBeNull();
});

it("does not take one picture with two captions for the same", async () => {
  const [first, second] = [await see(captioned("MONDAY AGAIN")), await see(captioned("NEVER LOOK"))];
  expect(verifyPair(first, second)?.kind ?? null).toBeNull();
});

it.each<[string, "a" | null, Sharp]>([
  ["the whole of a crop", "a", photograph(1).extract(PART)],
  [
    "what is inside a frame",
    "a",
    photograph(1).extend({ top: 80, bottom: 80, left: 80, right: 80, background: "#123" }),
  ],
  ["the one with colours", "a", photograph(1).greyscale()],
  ["not known of two sizes", null, photograph(1).resize(300)],
])("which picture the other was made from is %s", async (_, source, edited) => {
  const other = await see(edited);
  expect(verifyPair(original, other)?.source).toBe(source);
  expect(verifyPair(other, original)?.source).toBe(source === "a" ? "b" : source);
});

it("is sure of copies, and not of others", async () => {
  const copy = verifyPair(original, await see(sharp(await photograph(1).jpeg({ quality: 40 }).toBuffer())));
  const others = await Promise.all([2, 3].map(async (seed) => verifyPair(original, await see(photograph(seed)))));
  expect(copy?.probability).toBeGreaterThan(0.95);
  for (const other of others) expect(other?.probability ?? 0).toBeLessThan(0.5);
});
