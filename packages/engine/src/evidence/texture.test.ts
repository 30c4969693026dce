import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { drawBoxes, drawPage, drawScreen, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import { hasFewEdges, isFlat, isScreenshotLike, isTextLike, textureOf } from "./texture.ts";
import { plainCounts } from "./texture-counts-plain.ts";

const page = drawPage(240, 300);
const screen = drawScreen(512, 320);
const scene: Luma = { luma: sceneLuma(4, 300, 200), width: 300, height: 200 };
const gradient: Luma = {
  luma: Uint8Array.from({ length: 120 * 90 }, (_, index) => (index % 120) * 2),
  width: 120,
  height: 90,
};
const flat: Luma = { luma: new Uint8Array(40 * 30).fill(119), width: 40, height: 30 };

describe.each(backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) })))(
  "the kernel by $name",
  ({ memory }) => {
    it.each<[string, Luma]>([
      ["a page", page],
      ["a screen", screen],
      ["a scene", scene],
      ["boxes", { luma: drawBoxes(5, 131, 77), width: 131, height: 77 }],
      ["one colour", flat],
      ["one row", { luma: Uint8Array.of(255, 0, 255, 255, 0), width: 5, height: 1 }],
      ["one pixel", { luma: Uint8Array.of(7), width: 1, height: 1 }],
    ])("counts as plain code does: %s", (_, luma) => {
      expect(memory.load(luma).textureCounts()).toEqual(plainCounts(luma));
    });

    it.each([1, 2, 3, 8, 9, 15, 17, 18, 33, 63, 64, 65, 66, 127, 130, 511])(
      "counts as plain code does: lines of %i pixels",
      (width) => {
        // Levels that repeat make runs of each length, also at both ends of a row.
        const luma = Uint8Array.from(
          { length: width * 9 },
          (_, index) => ((Math.imul(index >> 2, 0x9e3779b1) >>> 28) % 3) * 127,
        );
        for (const picture of [
          { luma, width, height: 9 },
          { luma, width: 9, height: width },
        ])
          expect(memory.load(picture).textureCounts()).toEqual(plainCounts(picture));
      },
    );
  },
);

describe("a picture's look", () => {
  const looks = (luma: Luma): string[] => {
    const texture = textureOf(plainCounts(luma));
    return Object.entries({ isFlat, hasFewEdges, isTextLike, isScreenshotLike })
      .filter(([, is]) => is(texture))
      .map(([name]) => name);
  };

  it.each<[string, Luma, string[]]>([
    ["a page of writing", page, ["isTextLike"]],
    ["a page, white on black", { ...page, luma: page.luma.map((level) => 255 - level) }, ["isTextLike"]],
    ["a screen", screen, ["isScreenshotLike"]],
    ["a scene without fine detail", scene, ["hasFewEdges"]],
    ["boxes at random", { luma: drawBoxes(1, 400, 300), width: 400, height: 300 }, []],
    ["a gradient", gradient, ["hasFewEdges"]],
    ["one colour", flat, ["isFlat", "hasFewEdges"]],
  ])("%s", (_, luma, expected) => {
    expect(looks(luma)).toEqual(expected);
  });

  it("has the share of black and of white pixels, in 1/255", () => {
    const half = Uint8Array.from({ length: 100 }, (_, index) => (index % 10 < 5 ? 1 : index % 10 < 7 ? 255 : 90));
    expect(textureOf(plainCounts({ luma: half, width: 10, height: 10 }))).toMatchObject({ black: 128, white: 51 });
  });
});
