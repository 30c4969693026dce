import { readFile } from "node:fs/promises";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { pngBomb } from "../../../../test/support/png-bomb.ts";
import { decodeEvidence } from "../evidence/decode-evidence.ts";
import { hashImage } from "./hash-image.ts";

const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60, features: 64 };
const THRESHOLD = 20;

/** A picture with structure at every scale, not symmetric, so that turning it shows. */
const drawn = (): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
    <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#123"/><stop offset="1" stop-color="#fc8"/></linearGradient></defs>
    <rect width="640" height="480" fill="url(#g)"/><circle cx="170" cy="120" r="90" fill="#e33"/>
    <polygon points="300,470 460,150 620,470" fill="#173"/><rect x="40" y="300" width="150" height="120" fill="#38f"/></svg>`);

/** Luma alone. Sharp's own greyscale is computed from light, not from luma, so it changes which of two saturated colours is lighter. */
const greyOf = (image: Sharp): Sharp => {
  const luma: [number, number, number] = [0.299, 0.587, 0.114];
  return image.removeAlpha().recomb([luma, luma, luma]).extractChannel(0);
};

let picture: Buffer;
let hash: Uint8Array;
const hashOf = async (file: Buffer): Promise<Uint8Array> => {
  const outcome = await hashImage(file, LIMITS);
  if (!("hash" in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.hash;
};

beforeAll(async () => {
  picture = await sharp(drawn()).png().toBuffer();
  hash = await hashOf(picture);
});

describe("a picture", () => {
  it("gives 256 bits, its SHA-256, size and format", async () => {
    const outcome = await hashImage(picture, LIMITS);
    expect(outcome).toMatchObject({
      kind: "hashed",
      facts: { width: 640, height: 480, format: "png", bytes: picture.length },
    });
    expect("hash" in outcome && [outcome.hash.length, outcome.contentDigest?.length]).toEqual([32, 32]);
  });

  it("has evidence from the same decode, with as many features as were selected", async () => {
    const exif = {
      IFD0: { Make: "Canon", Model: "EOS 80D" },
      IFD2: { DateTimeOriginal: "2024:05:02 07:08:09", SubSecTimeOriginal: "25" },
    };
    const files = [sharp(picture).jpeg({ quality: 83 }), sharp(picture).webp(), sharp(picture).png()].map((image) =>
      image.withExif(exif).withIccProfile("p3").toBuffer(),
    );
    for (const [at, file] of (await Promise.all(files)).entries()) {
      const outcomes = await Promise.all([0, 64].map((features) => hashImage(file, { ...LIMITS, features })));
      const taken = outcomes.map((outcome) => {
        if (!("evidence" in outcome) || outcome.evidence === null) throw new Error(JSON.stringify(outcome));
        return { hash: outcome.hash, ...decodeEvidence(outcome.evidence) };
      });
      const [without, evidence] = taken;
      expect(evidence).toMatchObject({
        sourceWidth: 640,
        pages: 1,
        jpeg: at === 0 ? { quality: 83, chroma: "4:2:0" } : null,
        embedded: { profile: expect.stringContaining("P3"), film: false },
        exif: { taken: "2024-05-02T07:08:09.25", camera: "Canon EOS 80D" },
      });
      expect(evidence?.blockhashes.subarray(0, 32)).toEqual(evidence?.hash);
      expect(without).toEqual({ ...evidence, features: new Uint8Array(0) });
      expect(evidence?.features.length).toBeGreaterThan(0);
    }
  });

  it("keeps its published hash: lookalike/3 never changes", () => {
    expect(Buffer.from(hash).toString("hex")).toMatchInlineSnapshot(
      `"000f081f1c7f3cff007f00ff01ef03ef00c703c77f837f830f830f013f017f01"`,
    );
  });

  it.each<[string, (image: Sharp) => Sharp]>([
    ["JPEG", (image) => image.jpeg({ quality: 60 })],
    ["WebP", (image) => image.webp()],
    ["AVIF", (image) => image.avif()],
    ["GIF", (image) => image.gif()],
    ["TIFF", (image) => image.tiff()],
    ["CMYK JPEG", (image) => image.toColourspace("cmyk").jpeg()],
    ["16-bit PNG", (image) => image.toColourspace("rgb16").png()],
    ["greyscale PNG", (image) => greyOf(image).toColourspace("b-w").png()],
    ["16-bit greyscale PNG", (image) => greyOf(image).toColourspace("grey16").png()],
    ["transparent PNG", (image) => image.ensureAlpha(0.99).png()],
    ["a quarter of the size", (image) => image.resize({ width: 160 }).jpeg()],
  ])("as %s stays within the threshold", async (_, change) => {
    expect(hammingDistance(await hashOf(await change(sharp(picture)).toBuffer()), hash)).toBeLessThanOrEqual(THRESHOLD);
  });

  it("reserves what is decoded of it, and all of a progressive JPEG, whose coefficients are all in memory", async () => {
    const large = () => sharp(picture).resize(2_048, 512, { fit: "fill" });
    // Where there is no native decoder, the same is reserved again for the other one.
    const reserved = async (image: Sharp): Promise<number> => {
      const pixels: number[] = [];
      await hashImage(await image.toBuffer(), LIMITS, async (count) => void pixels.push(count));
      return Math.max(...pixels);
    };
    const all = 2_048 * 512;
    expect(await reserved(large().jpeg())).toBe(all / 16);
    expect(await reserved(large().jpeg({ progressive: true }))).toBe(all);
    expect(await reserved(large().png())).toBe(all);
  });

  it("turned by its EXIF orientation is the same picture, and its size is as seen", async () => {
    const turned = await sharp(picture).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    expect(hammingDistance(await hashOf(turned), hash)).toBeLessThanOrEqual(THRESHOLD);
    expect(await hashImage(turned, LIMITS)).toMatchObject({ facts: { width: 640, height: 480 } });
  });

  it("that is animated is its first frame", async () => {
    const other = await sharp(picture).negate().png().toBuffer();
    const animated = await sharp([picture, other], { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(hammingDistance(await hashOf(animated), hash)).toBeLessThanOrEqual(THRESHOLD);
    expect(await hashImage(animated, LIMITS)).toMatchObject({
      facts: { width: 640, height: 480, pages: 2, moreDigest: expect.any(String) },
    });
  });

  it("gives EXIF time and camera as the camera wrote them", async () => {
    const exif = { IFD0: { Make: "Canon", Model: "EOS 80D" }, IFD2: { DateTimeOriginal: "2024:05:02 07:08:09" } };
    const file = await sharp(picture).withExif(exif).jpeg().toBuffer();
    expect(await hashImage(file, LIMITS)).toMatchObject({
      facts: { takenAt: "2024-05-02T07:08:09", camera: "Canon EOS 80D" },
    });
  });
});

describe("a picture of one colour", () => {
  it.each(["#000", "#fff", "#4682b4"])("%s is flat: it matches nothing", async (background) => {
    const flat = await sharp({ create: { width: 300, height: 200, channels: 3, background } })
      .jpeg()
      .toBuffer();
    expect(await hashImage(flat, LIMITS)).toMatchObject({ kind: "flat" });
  });
});

describe("a file that is no good", () => {
  it("fails with the reason", async () => {
    const jpeg = await sharp(picture).jpeg().toBuffer();
    const gif = Buffer.from(await sharp(picture).gif().toBuffer());
    for (let at = 900; at < gif.length; at += 7) gif[at] = (gif[at] ?? 0) ^ 0x5a;
    const reasons = async (file: Buffer) => {
      const outcome = await hashImage(file, LIMITS);
      return outcome.kind === "failed" ? outcome.failure.reason : outcome.kind;
    };
    expect(await reasons(Buffer.alloc(0))).toBe("empty");
    expect(await reasons(jpeg.subarray(0, jpeg.length * 0.3))).toBe("truncated");
    expect(await reasons(Buffer.from("no picture at all"))).toBe("not-an-image");
    expect(await reasons(gif)).toMatch(/corrupt|truncated/);
    expect(await reasons(pngBomb())).toBe("too-many-pixels");
  });
});

it("a file that is cut short is truncated, whatever other files fail beside it", async () => {
  const jpeg = await sharp(picture).jpeg().toBuffer();
  const damaged = Buffer.from(await sharp(picture).png().toBuffer());
  damaged.fill(0, 5_000, 5_500);
  const cut = jpeg.subarray(0, jpeg.length * 0.3);
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, at) => hashImage(at % 3 === 0 ? cut : damaged, LIMITS)),
  );
  const reasons = outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.failure.reason : outcome.kind));
  expect(reasons).toEqual(outcomes.map((_, at) => (at % 3 === 0 ? "truncated" : "corrupt")));
});

describe("a damaged JPEG that every viewer shows", () => {
  const damagedOf = async (file: Buffer): Promise<string | undefined> => {
    const outcome = await hashImage(file, LIMITS);
    if (!("facts" in outcome)) throw new Error(JSON.stringify(outcome));
    return outcome.facts.damaged;
  };
  const jpegOf = (progressive: boolean): Promise<Buffer> =>
    sharp(picture).jpeg({ quality: 92, progressive }).toBuffer();

  it.each([false, true])(
    "is hashed and marked where its last bytes are missing (progressive: %s)",
    async (progressive) => {
      const jpeg = await jpegOf(progressive);
      expect(await damagedOf(jpeg)).toBeUndefined();
      for (const missing of [1, 2, 10, 100, 1_000]) {
        const cut = jpeg.subarray(0, jpeg.length - missing);
        expect([missing, await damagedOf(cut)]).toEqual([missing, "its end is missing"]);
        expect(hammingDistance(await hashOf(cut), await hashOf(jpeg))).toBeLessThanOrEqual(THRESHOLD);
      }
    },
  );

  it("is marked where a sector was lost, and where zeros were added", async () => {
    const jpeg = await jpegOf(false);
    const lost = Buffer.from(jpeg).fill(0, jpeg.length - 3_000, jpeg.length - 2_000);
    expect(await damagedOf(lost)).toEqual(expect.any(String));
    expect(await damagedOf(Buffer.concat([jpeg, Buffer.alloc(4_096)]))).toBe("4096 unknown bytes after its end");
  });
});

describe("a HEIC picture", () => {
  // The drawn picture above, by heif-enc of libheif 1.15.
  const read = (): Promise<Buffer> => readFile(new URL("../../../../test/fixtures/drawn.heic", import.meta.url));

  it("is the same picture, with its size, camera and time", async () => {
    const outcome = await hashImage(await read(), LIMITS);
    if (outcome.kind !== "hashed") throw new Error(JSON.stringify(outcome));
    expect(hammingDistance(outcome.hash, hash)).toBeLessThanOrEqual(8);
    expect(outcome.facts).toMatchObject({
      ...{ format: "heic", width: 640, height: 480 },
      ...{ camera: "Lookalike Test", takenAt: "2020-02-02T02:02:02" },
    });
  });

  it("that is partly decoded gives the same hash every time, and is damaged", async () => {
    const file = Buffer.from(await read());
    for (let byte = 4_000; byte < 4_008; byte += 1) file[byte] = (file[byte] ?? 0) ^ 0x5a;
    const first = await hashImage(file, LIMITS);
    expect(first).toMatchObject({ facts: { damaged: "a part of its picture data cannot be decoded" } });
    await hashImage(await read(), LIMITS);
    expect(await hashImage(file, LIMITS)).toEqual(first);
  });

  it.each([
    ["cut short", async () => (await read()).subarray(0, 1_500), LIMITS],
    ["of too many pixels", read, { ...LIMITS, maxPixels: 1_000 }],
    ["where nothing can decode it", read, { ...LIMITS, decodeByLibrary: async () => null }],
  ])("%s is reported, and nothing is thrown", async (_what, file, limits) => {
    const outcome = await hashImage(Buffer.from(await file()), limits);
    expect(outcome).toMatchObject({
      kind: "failed",
      failure: { reason: expect.stringMatching(/^(corrupt|truncated|too-many-pixels|unsupported)$/) },
    });
  });
});

describe("camera raw", () => {
  it("is not taken for the TIFF file that it also is", async () => {
    const file = await sharp(picture).tiff().toBuffer();
    const directory = file.readUInt32LE(4);
    const last = directory + 2 + (file.readUInt16LE(directory) - 1) * 12;
    // DNGVersion in the place of its last tag.
    file.writeUInt16LE(50_706, last);
    expect(await hashImage(file, LIMITS)).toMatchObject({
      kind: "failed",
      failure: { reason: "unsupported", detail: expect.stringContaining("camera raw (DNG)") },
    });
  });
});

describe("a format that libvips has no decoder for", () => {
  const jxl = () => readFile("test/fixtures/drawn.jxl");
  const bmp = async (): Promise<Buffer> => {
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const header = Buffer.alloc(54);
    header.write("BM", 0, "latin1");
    header.writeUInt32LE(54, 10);
    header.writeUInt32LE(40, 14);
    header.writeInt32LE(info.width, 18);
    header.writeInt32LE(info.height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(24, 28);
    const rows = Array.from({ length: info.height }, (_, y) => {
      const row = data.subarray((info.height - 1 - y) * info.width * 3, (info.height - y) * info.width * 3);
      return Buffer.from(row.map((_value, at) => row[at - (at % 3) + 2 - (at % 3)] ?? 0));
    });
    return Buffer.concat([header, ...rows]);
  };

  it.each([
    ["jxl", jxl, 8],
    ["bmp", bmp, 0],
  ])("%s is the same picture, of the same size", async (format, read, bits) => {
    const outcome = await hashImage(await read(), LIMITS);
    expect(outcome).toMatchObject({ kind: "hashed", facts: { format, width: 640, height: 480 } });
    expect("hash" in outcome && hammingDistance(outcome.hash, hash)).toBeLessThanOrEqual(bits);
  });

  it.each([
    ["jxl cut short", async () => (await jxl()).subarray(0, 1_500), LIMITS],
    ["bmp cut short", async () => (await bmp()).subarray(0, 300_000), LIMITS],
    ["jxl of too many pixels", jxl, { ...LIMITS, maxPixels: 1_000 }],
    ["bmp of too many pixels", bmp, { ...LIMITS, maxPixels: 1_000 }],
    ["jxl of nothing but its start", async () => (await jxl()).subarray(0, 40), LIMITS],
    ["bmp of nothing but its header", async () => (await bmp()).subarray(0, 54), LIMITS],
  ])("%s is reported, and nothing is thrown", async (_what, read, limits) => {
    const outcome = await hashImage(Buffer.from(await read()), limits);
    expect(outcome).toMatchObject({
      kind: "failed",
      failure: { reason: expect.stringMatching(/^(corrupt|truncated|too-many-pixels)$/) },
    });
  });
});
