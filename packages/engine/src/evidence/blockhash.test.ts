import { bmvbhash } from "blockhash-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { backends } from "../compare/backend.ts";
import { CHROMA_SIDE, SMALL_SIDE } from "../hash/picture-pixels.ts";
import { turnedBlockhash } from "./blockhash.ts";
import { EvidenceMemory } from "./evidence-memory.ts";
import { turnPixels } from "./turned-pixels.fixtures.ts";
import { TURNS } from "./turns.ts";

const SIDE = SMALL_SIDE;
const GREY = new Uint8Array(CHROMA_SIDE ** 2).fill(128);
const memories = backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) }));

/** blockhash-core's own hash of a grey picture. */
const defined = (luma: Uint8Array): string => {
  const rgba = Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, index) =>
    index % 4 === 3 ? 255 : (luma[index >> 2] ?? 0),
  );
  return bmvbhash({ data: rgba, width: SIDE, height: SIDE }, 16);
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const scene = (number: number): Uint8Array => drawScene(number, SIDE, SIDE).filter((_, index) => index % 3 === 1);

/** Pictures with few values have many blocks that equal the median. */
const lumas = fc.tuple(fc.nat(), fc.constantFrom(1, 2, 3, 256)).map(([seed, values]) =>
  Uint8Array.from({ length: SIDE * SIDE }, (_, index) => {
    const block = Math.floor(index / (SIDE * 8)) * 16 + Math.floor((index % SIDE) / 8);
    return values === 1 ? seed & 255 : (Math.imul(block + 1, seed | 1) >>> 11) % values === 0 ? seed & 255 : 255;
  }),
);

describe.each(memories)("blockhash16 of luma by $name", ({ memory }) => {
  const blockhashes = (luma: Uint8Array): Uint8Array =>
    memory.smallHashes({ luma, width: SIDE, height: SIDE, cb: GREY, cr: GREY }).blockhashes;

  it("is bmvbhash of blockhash-core on a grey picture", () => {
    for (let number = 0; number < 8; number += 1) {
      const luma = scene(number);
      expect(hex(blockhashes(luma).subarray(0, 32))).toBe(defined(luma));
    }
  });

  it("is so for flat pictures and for equal blocks, too", () => {
    fc.assert(
      fc.property(lumas, (luma) => {
        expect(hex(blockhashes(luma).subarray(0, 32))).toBe(defined(luma));
      }),
      { numRuns: 30 },
    );
  });

  it.each(Object.entries(TURNS))("of a turned picture follows from both hashes, bit by bit: %s", (_, turn) => {
    for (let number = 0; number < 8; number += 1) {
      const luma = scene(number);
      expect(hex(turnedBlockhash(blockhashes(luma), turn))).toBe(defined(turnPixels(luma, SIDE, SIDE, turn)));
    }
  });
});
