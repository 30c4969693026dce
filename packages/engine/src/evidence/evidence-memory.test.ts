import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { expect, it } from "vitest";
import { wasmBackend } from "../compare/backend.ts";
import { EvidenceMemory } from "./evidence-memory.ts";

const memory = new EvidenceMemory(wasmBackend);
const luma = new Uint8Array(600).fill(7);

it.each([
  [30, 21],
  [600, 1],
  [0, 600],
  [-30, -20],
  [30.5, 20],
  [Number.NaN, 20],
])("refuses 600 pixels that are said to be %d x %d", (width, height) => {
  expect(() => memory.load({ luma, width, height })).toThrow("600 pixels are not");
});

it("refuses more features than there is room for", () => {
  expect(() => memory.load({ luma, width: 30, height: 20 }).features(MAX_FEATURES + 1)).toThrow("at most 96");
});
