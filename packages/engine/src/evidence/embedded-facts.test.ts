import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { readStructure } from "../hash/structure/read-structure.ts";
import { type EmbeddedFacts, embeddedFacts } from "./embedded-facts.ts";
import { exifBlock } from "./exif-block.fixtures.ts";

const drawn = () => sharp({ create: { width: 24, height: 16, channels: 3, background: "#a52" } });
const factsOf = (file: Buffer, exif: Buffer | null = null): EmbeddedFacts =>
  embeddedFacts(file, readStructure(file), exif, null);

const segment = (marker: number, body: string): Buffer => {
  const data = Buffer.from(body, "latin1");
  return Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data]);
};

let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await drawn().jpeg().toBuffer();
});

/** The picture with a segment after its first marker. */
const withSegment = (marker: number, body: string): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), segment(marker, body), jpeg.subarray(2)]);

describe("what else a file contains", () => {
  it("is nothing in a plain one", async () => {
    const nothing = { film: false, preview: false, gainMap: false, profile: null };
    expect(factsOf(jpeg)).toEqual(nothing);
    for (const file of [await drawn().png().toBuffer(), await drawn().avif().toBuffer(), Buffer.from("no picture")])
      expect(factsOf(file)).toEqual(nothing);
  });

  it("is a film after the picture", () => {
    const box = (type: string, content: Buffer): Buffer => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(8 + content.length);
      head.write(type, 4, "latin1");
      return Buffer.concat([head, content]);
    };
    const film = Buffer.concat([
      box("ftyp", Buffer.from("mp42\0\0\0\0mp42", "latin1")),
      box("mdat", Buffer.alloc(64, 1)),
    ]);
    expect(factsOf(Buffer.concat([jpeg, film])).film).toBe(true);
  });

  it("is a preview in the EXIF block's second directory", () => {
    const block = exifBlock({ 271: "Canon" });
    expect(factsOf(jpeg, block).preview).toBe(false);
    const second = exifBlock({ 513: { short: 100 }, 514: { short: 20 } });
    // The first directory's last four bytes are the offset of the next one.
    const joined = Buffer.concat([block, second.subarray(8)]);
    joined.writeUInt32LE(block.length, 8 + 2 + 3 * 12);
    expect(factsOf(jpeg, joined).preview).toBe(true);
    for (let end = 0; end < joined.length; end += 3) factsOf(jpeg, joined.subarray(0, end));
  });

  it.each([
    ["Adobe's XMP", 0xe1, 'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>'],
    ["ISO 21496-1", 0xe2, "urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"],
  ])("is a gain map by %s", (_, marker, body) => {
    expect(factsOf(withSegment(marker, body)).gainMap).toBe(true);
  });

  it("is a gain map that only the picture after it names", () => {
    const map = Buffer.concat([
      jpeg.subarray(0, 2),
      segment(0xe1, "<x HDRGainMap:HDRGainMapVersion='65536'/>"),
      jpeg.subarray(2),
    ]);
    expect(factsOf(Buffer.concat([withSegment(0xe2, "MPF\0II*\0\x08\0\0\0\0\0"), map])).gainMap).toBe(true);
  });

  it("is a colour profile with a name", async () => {
    const file = await drawn().withIccProfile("p3").jpeg().toBuffer();
    expect(factsOf(file).profile).not.toBeNull();
    const { icc } = await sharp(await drawn().withIccProfile("p3").png().toBuffer()).metadata();
    expect(embeddedFacts(Buffer.alloc(0), null, null, icc ?? null).profile).toBe(factsOf(file).profile);
  });
});
