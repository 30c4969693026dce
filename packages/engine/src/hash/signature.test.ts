import { corroborates } from "@lookalike/shared/domain/image/signature";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { hashImage } from "./hash-image.ts";

const picture = (ground: string, shape: string, colour: string): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
    <rect width="640" height="480" fill="${ground}"/><g fill="${colour}">${shape}</g></svg>`);
const CIRCLES = '<circle cx="170" cy="120" r="90"/><circle cx="430" cy="330" r="130"/>';
const BARS = '<rect x="40" y="30" width="90" height="400"/><rect x="300" y="200" width="300" height="60"/>';

const signatureOf = async (file: Buffer): Promise<Uint8Array> => {
  const outcome = await hashImage(file, { maxPixels: 1e8, timeoutSeconds: 60, features: 0 });
  if (!("signature" in outcome) || outcome.signature === null) throw new Error(JSON.stringify(outcome));
  return outcome.signature;
};
const agree = async (x: Buffer, y: Buffer): Promise<boolean> =>
  corroborates(await signatureOf(x), 0, await signatureOf(y), 0);

describe("a signature", () => {
  const original = picture("#204060", CIRCLES, "#e0a020");

  it.each([
    ["smaller", () => sharp(original).resize(200).jpeg()],
    ["in another format, badly", () => sharp(original).webp({ quality: 30 })],
    ["in black and white", () => sharp(original).greyscale().jpeg()],
    ["brighter", () => sharp(original).modulate({ brightness: 1.15 }).jpeg()],
  ])("agrees with the same picture %s", async (_, change) => {
    expect(await agree(original, await change().toBuffer())).toBe(true);
  });

  it("does not agree with other shapes", async () => {
    expect(await agree(original, picture("#204060", BARS, "#e0a020"))).toBe(false);
  });

  it("does not agree with the same shapes in other colours", async () => {
    expect(await agree(original, picture("#602040", CIRCLES, "#20e0a0"))).toBe(false);
  });

  it("of a picture keeps its published bytes: signature/3 never changes", async () => {
    expect(Buffer.from(await signatureOf(original)).toString("hex")).toMatchInlineSnapshot(
      `"c6d43b7437da283875818f71936f5c92"`,
    );
  });
});
