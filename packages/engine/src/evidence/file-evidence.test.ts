import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readStructure } from "../hash/structure/read-structure.ts";
import type { FileEvidence } from "./evidence.ts";
import { exifBlock } from "./exif-block.fixtures.ts";
import { type FileMetadata, fileEvidence } from "./file-evidence.ts";

const drawn = () => sharp({ create: { width: 24, height: 16, channels: 3, background: "#a52" } });
const NONE: FileMetadata = { exif: null, icc: null, xmp: null, pages: 1 };
const evidenceOf = (file: Buffer, metadata: Partial<FileMetadata> = {}): Promise<FileEvidence> =>
  fileEvidence(file, readStructure(file), { ...NONE, ...metadata });

const packet = (rating: string): Buffer =>
  Buffer.from(
    `<x:xmpmeta><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" ${rating}</rdf:Description></x:xmpmeta>`,
  );

/** The picture with an XMP packet, as programs write it into a JPEG. */
const withPacket = (jpeg: Buffer, xmp: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0"), xmp]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
};

describe("what a file says besides its pixels", () => {
  it("is how it was encoded, and nothing else in a plain JPEG", async () => {
    const { jpeg, exif, pages, embedded } = await evidenceOf(await drawn().jpeg({ quality: 70 }).toBuffer());
    expect({ quality: jpeg?.quality, exif, pages }).toEqual({ quality: 70, exif: null, pages: 1 });
    expect(embedded).toEqual({ film: false, preview: false, gainMap: false, profile: null });
  });

  it("is the number of pages, as its structure or its decoder counts them", async () => {
    const file = await drawn().png().toBuffer();
    expect((await evidenceOf(file)).pages).toBe(1);
    expect((await fileEvidence(file, null, { ...NONE, pages: 7 })).pages).toBe(7);
  });

  it.each([
    ['xmp:Rating="4"/>', 4],
    ["><xmp:Rating>-1</xmp:Rating>", -1],
    ["xmp:Rating='5.0'>", 5],
    ['xmp:Rating="77">', null],
    ["xmp:CreateDate='2024'>", null],
  ])("is the rating of its XMP packet: %s", async (written, rating) => {
    const jpeg = withPacket(await drawn().jpeg().toBuffer(), packet(written));
    expect((await evidenceOf(jpeg)).exif?.rating ?? null).toBe(rating);
    expect((await evidenceOf(await drawn().png().toBuffer(), { xmp: packet(written) })).exif?.rating ?? null).toBe(
      rating,
    );
  });

  it("is the rating of its EXIF block where both have one", async () => {
    const exif = exifBlock({ 18246: { short: 2 }, 271: "Canon" });
    const found = await evidenceOf(await drawn().jpeg().toBuffer(), { exif, xmp: packet('xmp:Rating="4"/>') });
    expect(found.exif).toMatchObject({ rating: 2, camera: "Canon" });
  });
});
