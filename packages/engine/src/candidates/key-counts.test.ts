import { describe, expect, it } from "vitest";
import { backends, wasmBackend } from "../compare/backend.ts";
import { descriptorAt } from "../evidence/features.ts";
import { featureTile } from "./feature-tile.ts";
import { feature, scenePictures } from "./features.fixtures.ts";
import { addKeyCounts, emptyKeyCounts, frequentKeys, type KeyCounts, keyCounterBy } from "./key-counts.ts";

const KEY_BITS = 16;

const counted = (
  backend: (typeof backends)[number],
  parts: readonly Parameters<typeof featureTile>[1][],
): KeyCounts => {
  const counts = emptyKeyCounts(KEY_BITS);
  for (const [number, part] of parts.entries()) keyCounterBy(backend)(counts, featureTile(`${number}`, part));
  return counts;
};

/** Vitest compares a million bytes one by one. */
const isSame = (x: KeyCounts, y: KeyCounts): boolean => Buffer.compare(x.counts, y.counts) === 0;

describe("counts of keys", () => {
  const [first, second] = [scenePictures(20, 0, 3), scenePictures(15, 20, 4)];

  it.each(backends)("are the same by parts, in any order, added up, and by $name", (backend) => {
    const whole = counted(wasmBackend, [[...first, ...second]]);
    expect(isSame(counted(backend, [second, first]), whole)).toBe(true);
    const sum = counted(backend, [second]);
    addKeyCounts(sum, counted(backend, [first]));
    expect(isSame(sum, whole)).toBe(true);
    expect(isSame(sum, counted(backend, [second]))).toBe(false);
  });

  it("count a picture once, however many of its features have the key", () => {
    const descriptor = descriptorAt(first[0]?.features ?? new Uint8Array(), 0);
    const wall = (ordinal: number) => ({
      ordinal,
      features: new Uint8Array(
        Buffer.concat(Array.from({ length: 40 }, (_, at) => feature(at * 100, 0, 0, 0, descriptor))),
      ),
    });
    const counts = counted(wasmBackend, [[wall(0), wall(1), wall(2)]]);
    expect(frequentKeys(counts, 2).numbers.length).toBe(10);
    expect(frequentKeys(counts, 3).numbers.length).toBe(0);
  });

  it("stop at 255", () => {
    const wall = Array.from({ length: 300 }, (_, ordinal) => ({
      ordinal,
      features: first[0]?.features.subarray(0, 38) ?? new Uint8Array(),
    }));
    const counts = counted(wasmBackend, [wall]);
    addKeyCounts(counts, counted(wasmBackend, [wall]));
    expect(counts.counts.reduce((most, count) => Math.max(most, count), 0)).toBe(255);
    expect(frequentKeys(counts, 254).numbers.length).toBe(10);
  });

  it("are not added to those of other keys", () => {
    expect(() => addKeyCounts(emptyKeyCounts(16), emptyKeyCounts(17))).toThrow("17-bit");
  });
});
