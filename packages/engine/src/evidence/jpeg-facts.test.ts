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
