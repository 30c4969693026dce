import { at } from "@lookalike/shared/domain/primitives/columns";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { expect, it } from "vitest";
import { toneCurve } from "./tone-curve.ts";

const random = randomWords(3);
const levels = Float64Array.from({ length: 5_000 }, () => random() % 256);
const all = new Uint8Array(levels.length).fill(1);

it.each<[string, (level: number) => number]>([
  ["nothing", (level) => level],
  ["a gamma", (level) => 255 * (level / 255) ** 0.6],
  ["more contrast, with what it clips", (level) => Math.max(0, Math.min(255, 1.6 * level - 70))],
  ["one level", () => 90],
])("is found: %s", (_, tone) => {
  const curve = toneCurve(levels, levels.map(tone), all);
  for (const level of levels) expect(Math.abs(at(curve, level) - tone(level))).toBeLessThan(20);
});

it("never falls, so that a negative is no tone of its picture", () => {
  const curve = toneCurve(
    levels,
    levels.map((level) => 255 - level),
    all,
  );
  const steps = Array.from({ length: 255 }, (_, level) => at(curve, level + 1) - at(curve, level));
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...steps)).toBeLessThan(1);
});

it("leaves out what is not used", () => {
  const used = levels.map((_, index) => index % 2);
  const tones = levels.map((level, index) => (index % 2 === 1 ? level : 0));
  expect(at(toneCurve(levels, tones, Uint8Array.from(used)), 128)).toBeCloseTo(128, 0);
});
