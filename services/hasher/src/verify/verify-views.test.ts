import { createHash } from "node:crypto";
import { decodeVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { verifyViews, viewFile } from "./verify-views.ts";
import { createViews } from "./views.ts";

const LIMITS = { maxPixels: 10_000_000, timeoutSeconds: 60 };
const SIZE = { width: 480, height: 360 };
const digestOf = (file: Uint8Array): Uint8Array => createHash("sha256").update(file).digest();
const scene = (seed: number) => sharp(drawScene(seed, SIZE.width, SIZE.height), { raw: { ...SIZE, channels: 3 } });
const view = (file: Uint8Array, contentDigest = digestOf(file)) =>
  viewFile({ view: file, contentDigest, ...LIMITS }, async () => undefined);

describe("a picture that is looked at for verification", () => {
  it("is the one that was hashed, else it can't be looked at", async () => {
    const file = await scene(3).jpeg().toBuffer();
    expect(await view(file)).toMatchObject({ pixels: SIZE });
    expect(await view(file, digestOf(await scene(3).png().toBuffer()))).toBeNull();
    expect(await view(Buffer.from("no picture"))).toBeNull();
  });

  it("has a verdict with each other one", async () => {
    const files = await Promise.all([
      scene(3).png().toBuffer(),
      scene(3).jpeg({ quality: 60 }).toBuffer(),
      scene(4).jpeg().toBuffer(),
    ]);
    const [first, ...others] = (await Promise.all(files.map((file) => view(file)))).filter((seen) => seen !== null);
    if (first === undefined) throw new Error("not decoded");
    const [copy, stranger] = verifyViews({ first, others }).map(decodeVerdict);
    expect(copy).toMatchObject({ kind: "re-encoded", facts: { differing: 0 } });
    expect(stranger?.kind).toBeNull();
  });
});

it("views of a task are decoded once, and what can't be looked at is not tried again", async () => {
  const decoded: number[] = [];
  const viewOf = createViews(async (ordinal) => {
    decoded.push(ordinal);
    return null;
  });
  // By their contents: two images may have one.
  const [one, other] = [Uint8Array.of(1), Uint8Array.of(2)];
  expect(await Promise.all([viewOf(5, one), viewOf(6, one), viewOf(7, other)])).toEqual([null, null, null]);
  expect(await viewOf(5, one)).toBeNull();
  expect(decoded).toEqual([5, 7]);
});
