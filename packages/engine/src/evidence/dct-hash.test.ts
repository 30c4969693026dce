import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Backend, backends } from "../compare/backend.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { DCT_COSINES, FREQUENCIES } from "./dct-cosines.ts";
import { turnedDctHash } from "./dct-hash.ts";
import { plainDctHashes } from "./dct-hash-plain.ts";
import { drawBoxes, sceneLuma } from "./drawn-luma.fixtures.ts";
import { EvidenceMemory, type Luma } from "./evidence-memory.ts";
import reference from "./pdq-reference.json" with { type: "json" };
import { TURNS } from "./turns.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What the kernel computes, with the coefficients that nobody else reads. */
const computedBy = (backend: Backend, { luma, width, height }: Luma) => {
  const memory = new KernelMemory(backend);
  const [coefficients, hashes] = [memory.reserve(FREQUENCIES * FREQUENCIES * 4), memory.reserve(128)];
  const quality = memory.run("dct_hashes", {
    luma: memory.put(luma),
    ...{ width, height },
    cosines: memory.put(new Uint8Array(Float32Array.from(DCT_COSINES).buffer)),
    scratch: memory.reserve(262_144),
    ...{ coefficients, hashes },
  });
  const words = memory.words(coefficients, FREQUENCIES * FREQUENCIES).slice();
  return { coefficients: new Float32Array(words.buffer), hashes: memory.bytes(hashes, 128).slice(), quality };
};

it("has a matrix of the same bits on every machine", () => {
  const digest = createHash("sha256").update(Float32Array.from(DCT_COSINES)).digest("hex");
  expect(digest).toMatchInlineSnapshot(`"db354678fc6c99b7d442c35d8e89b002b71cb35eff6ae436c5f36392277a83c8"`);
});

describe.each(backends)("the DCT hash by $name", (backend) => {
  const memory = new EvidenceMemory(backend);

  it.each(reference)(
    "is PDQ's: picture $seed of $width x $height",
    ({ seed, width, height, hash, quality, turned }) => {
      const found = memory.load({ luma: drawBoxes(seed, width, height), width, height }).dctHashes();
      const { hashes } = found;
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
    [512, 512],
    [5, 5],
    [23, 33],
  ])("has the coefficients and the hashes of plain code, bit by bit: %i x %i", (width, height) => {
    for (const luma of [sceneLuma(width, width, height), drawBoxes(height, width, height)])
      expect(computedBy(backend, { luma, width, height })).toEqual(plainDctHashes(luma, width, height));
  });

  it("has no bit that depends on the sign of a coefficient of 0", () => {
    const luma = new Uint8Array(300 * 200).fill(119);
    expect(computedBy(backend, { luma, width: 300, height: 200 })).toEqual(plainDctHashes(luma, 300, 200));
  });

  it("has no quality where a side is shorter than 5 pixels", () => {
    const picture = { luma: new Uint8Array(400).fill(9), width: 100, height: 4 };
    expect(memory.load(picture).dctHashes()).toEqual({ hashes: new Uint8Array(128), quality: 0 });
  });
});
