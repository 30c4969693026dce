import { expect, it } from "vitest";
import listed from "./originals.json" with { type: "json" };
import { packagesOf } from "./originals.ts";

it("no package and no picture is in both halves, and there are 300 of them at least", () => {
  const [choosing, reporting] = [packagesOf("choosing"), packagesOf("reporting")];
  expect(Object.keys(choosing).filter((name) => name in reporting)).toEqual([]);
  const count = (half: string) =>
    listed.filter((known) => known.half === half).flatMap(({ pictures }) => pictures).length;
  expect(count("choosing")).toBeGreaterThanOrEqual(150);
  expect(count("reporting")).toBeGreaterThanOrEqual(150);
  const all = listed.flatMap(({ package: name, pictures }) => pictures.map((picture) => `${name}/${picture}`));
  expect(new Set(all).size).toBe(all.length);
});
