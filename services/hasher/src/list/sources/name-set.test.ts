import { expect, it } from "vitest";
import { NameSet } from "./name-set.ts";

it("tells a name it has from one it has not, however many there are", () => {
  const names = new NameSet();
  const some = Array.from({ length: 100_000 }, (_, at) => `image ${at}`);
  expect(some.every((name) => names.add(name))).toBe(true);
  expect(some.some((name) => names.add(name))).toBe(false);
  expect(some.every((name) => names.has(name))).toBe(true);
  expect(some.some((name) => names.has(`${name}'`))).toBe(false);
});
