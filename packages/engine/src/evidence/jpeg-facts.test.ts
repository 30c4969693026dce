import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { jpegFacts } from "./jpeg-facts.ts";

const picture = sharp(drawScene(1, 64, 48), { raw: { width: 64, height: 48, channels: 3 } });

describe("how a JPEG was encoded", () => {
  it.each([10, 30, 49, 50, 75, 85, 95, 100])("says quality %i of libjpeg, exactly", async (quality) => {
    expect(jpegFacts(await picture.clone().jpeg({ quality }).toBuffer())).toMatchObject({ quality, isStandard: true });
  });

  it("says the nearest quality of other tables", async () => {
    const file = await picture.clone().jpeg({ quality: 80, quantisationTable: 3 }).toBuffer();
    const found = jpegFacts(file);
    expect(found?.isStandard).toBe(false);
    expect(found?.quality).toBeGreaterThan(60);
  });

  it("says the first of the qualities whose tables differ least", async () => {
    const small = sharp({ create: { width: 8, height: 8, channels: 3, background: "#345" } });
    const tableOf = async (quality: number, quantisationTable: number): Promise<{ file: Buffer; table: Buffer }> => {
      const file = await small.clone().jpeg({ quality, quantisationTable }).toBuffer();
      const from = file.indexOf(Buffer.from([0xff, 0xdb])) + 5;
      return { file, table: file.subarray(from, from + 64) };
    };
    const standard = [];
    for (let quality = 1; quality <= 100; quality += 1) standard.push((await tableOf(quality, 0)).table);
    for (let kind = 1; kind <= 8; kind += 1)
      for (const quality of [5, 35, 60, 90]) {
        const { file, table } = await tableOf(quality, kind);
        const differences = standard.map((steps) =>
          steps.reduce((sum, step, index) => sum + Math.abs(step - (table[index] ?? 0)), 0),
        );
        expect(jpegFacts(file)?.quality).toBe(1 + differences.indexOf(Math.min(...differences)));
      }
  });

  it.each(["4:4:4", "4:2:0"] as const)("says chroma %s", async (chroma) => {
    for (const progressive of [false, true])
      expect(jpegFacts(await picture.clone().jpeg({ chromaSubsampling: chroma, progressive }).toBuffer())?.chroma).toBe(
        chroma,
      );
  });

  it("says that a picture is grey, and that CMYK is another kind", async () => {
    expect(jpegFacts(await picture.clone().toColourspace("b-w").jpeg().toBuffer())?.chroma).toBe("grey");
    expect(jpegFacts(await picture.clone().toColourspace("cmyk").jpeg().toBuffer())?.chroma).toBe("other");
  });

  it("says nothing of another format, or of a file without a frame", async () => {
    expect(jpegFacts(await picture.clone().png().toBuffer())).toBeNull();
    const file = await picture.clone().jpeg().toBuffer();
    for (let end = 0; end < 200; end += 1) jpegFacts(file.subarray(0, end));
    expect(jpegFacts(file.subarray(0, 60))).toBeNull();
  });
});
