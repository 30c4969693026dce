import { createHash } from "node:crypto";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { CHROMA_SIDE, type PicturePixels } from "../hash/picture-pixels.ts";
import { decodeEvidence } from "./decode-evidence.ts";
import { drawBoxes, drawPage, drawScreen } from "./drawn-luma.fixtures.ts";
import { encodeEvidence } from "./encode-evidence.ts";
import { type FileEvidence, type PixelEvidence, takeEvidence } from "./evidence.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import { featureCount } from "./features.ts";
import { isScreenshotLike, isTextLike } from "./texture.ts";

const FILE: FileEvidence = {
  pages: 1,
  jpeg: null,
  embedded: { film: false, preview: false, gainMap: false, profile: null },
  exif: null,
};

/** A drawn picture as if it were twice as large; drawn by integers alone, so that it is the same everywhere. */
const pixelsOf = ({ luma, width, height }: Luma): PicturePixels => ({
  luma,
  width,
  height,
  cb: Uint8Array.from({ length: CHROMA_SIDE ** 2 }, (_, index) => 90 + (index % 70)),
  cr: Uint8Array.from({ length: CHROMA_SIDE ** 2 }, (_, index) => 160 - (index % 50)),
  sourceWidth: width * 2,
  sourceHeight: height * 2,
});

const boxes = (seed: number, width: number, height: number): Luma => ({
  luma: drawBoxes(seed, width, height),
  width,
  height,
});

const PICTURES: Readonly<Record<string, Luma>> = {
  boxes: boxes(1, 512, 341),
  tall: boxes(2, 200, 512),
  small: boxes(3, 64, 64),
  tiny: boxes(4, 4, 3),
  page: drawPage(361, 512),
  screen: drawScreen(512, 320),
};

const take = (memory: EvidenceMemory, picture: Luma, most: number): PixelEvidence => {
  return takeEvidence(memory, pixelsOf(picture), most);
};

const digestsBy = (memory: EvidenceMemory): Record<string, string> =>
  Object.fromEntries(
    Object.entries(PICTURES).map(([name, picture]) => {
      const bytes = encodeEvidence(take(memory, picture, DEFAULT_FEATURES), FILE);
      return [name, createHash("sha256").update(bytes).digest("hex").slice(0, 16)];
    }),
  );

describe("the evidence of a picture", () => {
  it("keeps its published bytes on every backend: evidence/1 never changes", () => {
    const [digests, ...others] = backends.map((backend) => digestsBy(new EvidenceMemory(backend)));
    expect(digests).toMatchInlineSnapshot(`
      {
        "boxes": "9d7dd58dc64637c6",
        "page": "7470bc399b9e5e65",
        "screen": "6eb828bf1c0fd85d",
        "small": "fdc9476f7bbc1df2",
        "tall": "386f32dc68dbbbe7",
        "tiny": "16313e5071657792",
      }
    `);
    for (const other of others) expect(other).toEqual(digests);
  });

  it("says what kind of picture it is, and has as many features as were selected", () => {
    const memory = new EvidenceMemory(backends[0] as (typeof backends)[number]);
    const taken = (picture: Luma, most: number) => decodeEvidence(encodeEvidence(take(memory, picture, most), FILE));
    expect(isTextLike(taken(PICTURES["page"] as Luma, 0).texture)).toBe(true);
    expect(isScreenshotLike(taken(PICTURES["screen"] as Luma, 0).texture)).toBe(true);
    const counts = [0, 32, 96].map((most) => featureCount(taken(PICTURES["boxes"] as Luma, most).features));
    expect(counts).toEqual([0, 32, 96]);
  });
});
