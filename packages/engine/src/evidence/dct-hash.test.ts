import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { plainCoefficients } from "./dct-coefficients-plain.ts";
import { DCT_COSINES } from "./dct-cosines.ts";
import { dctHashes, turnedDctHash } from "./dct-hash.ts";
import { drawBoxes, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory } from "./evidence-memory.ts";
import reference from "./pdq-reference.json" with { type: "json" };
import { TURNS } from "./turns.ts";

const memories = backends.map((backend) => ({ name: backend.name, memory: new EvidenceMemory(backend) }));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("has a matrix of the same bits on every machine", () => {
  const digest = createHash("sha256").update(Float32Array.from(DCT_COSINES)).digest("hex");
  expect(digest).toMatchInlineSnapshot(`"db354678fc6c99b7d442c35d8e89b002b71cb35eff6ae436c5f36392277a83c8"`);
});

describe.each(memories)("the DCT hash by $name", ({ memory }) => {
  it.each(reference)(
    "is PDQ's: picture $seed of $width x $height",
    ({ seed, width, height, hash, quality, turned }) => {
      const found = memory.dctCoefficients({ luma: drawBoxes(seed, width, height), width, height });
      const hashes = dctHashes(found.coefficients);
      expect({ hash: hex(turnedDctHash(hashes, TURNS.none)), quality: found.quality }).toEqual({ hash, quality });
      for (const [name, expected] of Object.entries(turned))
        expect([name, hex(turnedDctHash(hashes, TURNS[name as keyof typeof TURNS]))]).toEqual([name, expected]);
    },
  );

  it.each([
    [512, 341],
    [64, 64],
    [129, 500],
    [17, 5],
    [5, 17],
    [40, 300],
    [255, 131],
    [385, 512],
  ])("has the coefficients of plain code, bit by bit: %i x %i", (width, height) => {
    const luma = sceneLuma(width, width, height);
    expect(memory.dctCoefficients({ luma, width, height })).toEqual(plainCoefficients(luma, width, height));
  });

  it("has no quality where a side is shorter than 5 pixels", () => {
    expect(memory.dctCoefficients({ luma: new Uint8Array(400).fill(9), width: 100, height: 4 }).quality).toBe(0);
  });
});
