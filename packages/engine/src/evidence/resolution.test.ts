import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { backends, fastestBackend } from "../compare/backend.ts";
import { drawBoxes, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import { plainSteps } from "./pixel-steps-plain.ts";
import { type Resolution, resolutionOf } from "./resolution.ts";

const SIDE = 320;

/** Texture down to the single pixel, as a sharp photograph has. */
const texture = sceneLuma(3, SIDE, SIDE).map(
  (level, index) => level / 2 + ((Math.imul(index, 0x9e3779b1) >>> 28) & 15),
);
const sharpPicture = (): Sharp => sharp(texture, { raw: { width: SIDE, height: SIDE, channels: 1 } });
const asJpeg = async (picture: Sharp, quality: number): Promise<Sharp> =>
  sharp(await picture.toColourspace("b-w").jpeg({ quality }).toBuffer());

const memory = new EvidenceMemory(fastestBackend);

const resolution = async (picture: Sharp): Promise<Resolution> => {
  const { data, info } = await picture.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const steps = memory.steps({ luma: new Uint8Array(data), width, height });
  return resolutionOf({ width, height, sourceWidth: width, sourceHeight: height }, steps);
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
    const steps = memory.steps({ luma, width, height });
    expect(resolutionOf({ width, height, sourceWidth: width, sourceHeight: height }, steps)).toEqual({
      detail: 1,
      grid: 0,
    });
  });
});

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
    expect(new EvidenceMemory(backend).steps(luma)).toEqual(plainSteps(luma));
  });
});
