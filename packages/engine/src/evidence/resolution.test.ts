import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { type Backend, backends } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { drawBoxes, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import { DISTANCES, type Resolution } from "./resolution.ts";
import { type PixelSteps, plainResolution, plainSteps } from "./resolution-plain.ts";

const SIDE = 320;

/** Texture down to the single pixel, as a sharp photograph has. */
const texture = sceneLuma(3, SIDE, SIDE).map(
  (level, index) => level / 2 + ((Math.imul(index, 0x9e3779b1) >>> 28) & 15),
);
const sharpPicture = (): Sharp => sharp(texture, { raw: { width: SIDE, height: SIDE, channels: 1 } });
const asJpeg = async (picture: Sharp, quality: number): Promise<Sharp> =>
  sharp(await picture.toColourspace("b-w").jpeg({ quality }).toBuffer());

const memories = backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) }));

/** By each backend, and in plain code. */
const resolutionsOf = (luma: Luma, scale = 1): Resolution[] => {
  const sizes = { width: luma.width, height: luma.height };
  const source = { sourceWidth: Math.round(luma.width * scale), sourceHeight: Math.round(luma.height * scale) };
  const found = memories.map(({ memory }) => memory.load(luma).resolution(source));
  return [plainResolution(luma, { ...sizes, ...source }), ...found];
};

/** That of all backends and plain code, which are the same. */
const resolutionOf = (luma: Luma): Resolution => {
  const [first, ...others] = resolutionsOf(luma);
  for (const other of others) expect(other).toEqual(first);
  return first as Resolution;
};

const resolution = async (picture: Sharp): Promise<Resolution> => {
  const { data, info } = await picture.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return resolutionOf({ luma: new Uint8Array(data), width, height });
};

describe("the resolution of a picture", () => {
  it("is all of it where there is detail of a pixel, with no grid", async () => {
    expect(await resolution(sharpPicture())).toEqual({ detail: 1, grid: 0 });
  });

  it("is a part where it was enlarged or blurred", async () => {
    const enlarged = sharp(
      await sharpPicture()
        .resize(SIDE / 4)
        .png()
        .toBuffer(),
    ).resize(SIDE, SIDE, { kernel: "cubic" });
    expect((await resolution(enlarged)).detail).toBeGreaterThanOrEqual(4);
    expect((await resolution(sharpPicture().blur(2))).detail).toBeGreaterThanOrEqual(2);
  });

  it("shows the grid of a JPEG in a copy without loss, also where it was cropped", async () => {
    const copy = sharp(await (await asJpeg(sharpPicture(), 40)).png().toBuffer());
    expect((await resolution(copy)).grid).toBe(8);
    expect((await resolution(copy.clone().extract({ left: 3, top: 5, width: 280, height: 290 }))).grid).toBe(8);
  });

  it("shows the larger grid of an enlarged copy", async () => {
    const small = await asJpeg(sharpPicture().resize(SIDE / 2), 30);
    const enlarged = sharp(await small.toBuffer()).resize(SIDE, SIDE, { kernel: "cubic" });
    expect((await resolution(enlarged)).grid).toBe(16);
  });

  it.each([
    [1, 1],
    [3, 40],
    [40, 3],
    [9, 9],
  ])("is all of a picture of %i x %i", (width, height) => {
    const luma = new Uint8Array(width * height).fill(5);
    expect(resolutionOf({ luma, width, height })).toEqual({
      detail: 1,
      grid: 0,
    });
  });
});

it("has the same grid by every backend, at each scale of a picture with blocks", () => {
  const grids = new Set<number>();
  for (const block of [4, 6, 8, 11])
    for (const scale of [1, 1.3, 2]) {
      const luma = sceneLuma(block, 301, 280).map(
        (level, index) =>
          level / 2 + 9 * (Math.floor((index % 301) / block) & 1) + 9 * (Math.floor(index / 301 / block) & 1),
      );
      const [expected, ...others] = resolutionsOf({ luma, width: 301, height: 280 }, scale);
      for (const other of others) expect([block, scale, other]).toEqual([block, scale, expected]);
      grids.add(expected?.grid ?? 0);
    }
  expect(grids.size).toBeGreaterThan(2);
});

/** What the kernel measures. */
const stepsBy = (backend: Backend, { luma, width, height }: Luma): PixelSteps => {
  const memory = new KernelMemory(backend);
  const [squares, columns, rows] = [memory.reserve(32), memory.reserve(width * 4), memory.reserve(height * 4)];
  memory.run("measure_steps", { luma: memory.put(luma), width, height, squares, columns, rows });
  const sums = new BigUint64Array(memory.bytes(squares, DISTANCES.length * 8).slice().buffer);
  return {
    squares: Array.from(sums, Number),
    columns: Float64Array.from(memory.words(columns, width)),
    rows: Float64Array.from(memory.words(rows, height)),
  };
};

describe.each(backends)("the kernel by $name", (backend) => {
  const white: Luma = { luma: new Uint8Array(512 * 512).fill(255), width: 512, height: 512 };
  it.each<[string, Luma]>([
    ["a scene", { luma: sceneLuma(4, 300, 211), width: 300, height: 211 }],
    ["boxes", { luma: drawBoxes(5, 131, 77), width: 131, height: 77 }],
    ["the largest steps", { ...white, luma: white.luma.map((level, index) => level * ((index ^ (index >> 9)) & 1)) }],
    ["the largest grid", { ...white, luma: white.luma.map((_, index) => 23 * ((index >> 3) & 1)) }],
    ["the largest picture", white],
    ["one row", { luma: Uint8Array.of(255, 0, 255, 255, 0), width: 5, height: 1 }],
    ["one column", { luma: Uint8Array.of(255, 0, 255, 255, 0), width: 1, height: 5 }],
    ["one pixel", { luma: Uint8Array.of(7), width: 1, height: 1 }],
  ])("measures as plain code does: %s", (_, luma) => {
    expect(stepsBy(backend, luma)).toEqual(plainSteps(luma));
  });
});
