import { expect, it } from "vitest";
import { NameSet } from "./name-set.ts";

it("knows exactly the names that were added, however many they are", () => {
  const names = new NameSet();
  const added = Array.from({ length: 100_000 }, (_, at) => `image ${at}`);
  expect(added.every((name) => names.add(name))).toBe(true);
  expect(added.some((name) => names.add(name))).toBe(false);
  expect(added.every((name) => names.has(name))).toBe(true);
  expect(added.some((name) => names.has(`${name}'`))).toBe(false);
});
