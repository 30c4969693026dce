import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { backends } from "../compare/backend.ts";
import { CHROMA_SIDE, SMALL_SIDE } from "../hash/picture-pixels.ts";
import { areaMean } from "../hash/pixels/area-mean.ts";
import { EvidenceMemory } from "./evidence-memory.ts";
import { plainSmallHashes } from "./small-hashes-plain.ts";

const LUMA = SMALL_SIDE ** 2;
const CHROMA = CHROMA_SIDE ** 2;

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => Math.imul(index + seed, 0x9e3779b1) >>> 24);
const scene = drawScene(3, SMALL_SIDE, SMALL_SIDE).filter((_, index) => index % 3 === 1);
const chroma = { cb: bytes(CHROMA, 1), cr: bytes(CHROMA, 9) };
/** A plane whose area means of 128 x 128 are its own pixels. */
const small = (luma: Uint8Array) => ({ luma, width: SMALL_SIDE, height: SMALL_SIDE });

describe.each(backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) })))(
  "the hashes of the whole picture by $name",
  ({ memory }) => {
    it.each<[string, Uint8Array]>([
      ["a scene", scene],
      ["noise", bytes(LUMA, 5)],
      ["white", new Uint8Array(LUMA).fill(255)],
      ["black", new Uint8Array(LUMA)],
      ["columns", new Uint8Array(LUMA).map((_, index) => 255 * ((index >> 3) & 1))],
    ])("are those of plain code: %s", (_, luma) => {
      expect(memory.smallHashes({ ...small(luma), ...chroma })).toEqual(plainSmallHashes(luma, chroma));
    });

    it("are those of plain code for any levels", () => {
      const planes = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.integer({ min: 0, max: 6 }));
      fc.assert(
        fc.property(planes, ([seed, levels, shift]) => {
          const luma = bytes(LUMA, seed).map((level, index) => (level % levels) + ((index >> shift) & 1));
          const colours = { cb: bytes(CHROMA, seed), cr: bytes(CHROMA, seed + levels) };
          expect(memory.smallHashes({ ...small(luma), ...colours })).toEqual(plainSmallHashes(luma, colours));
        }),
        { numRuns: 20 },
      );
    });

    it("are those of area means, whatever the picture's size", () => {
      const luma = Uint8Array.from({ length: 512 * 384 }, (_, index) => (index * index) >> 9);
      const picture = { luma, width: 512, height: 384 };
      const means = areaMean({ pixels: luma, width: 512, height: 384, channels: 1 }, SMALL_SIDE, SMALL_SIDE);
      expect(memory.smallHashes({ ...picture, ...chroma })).toEqual(plainSmallHashes(means, chroma));
    });

    it("are refused for planes of other sizes", () => {
      expect(() => memory.smallHashes({ ...small(scene.subarray(1)), ...chroma })).toThrow("are not 128 x 128");
      expect(() => memory.smallHashes({ ...small(scene), ...chroma, cr: bytes(4, 1) })).toThrow("it has 16 x 16");
    });
  },
);
