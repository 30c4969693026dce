import { expect, it } from "vitest";
import { CatalogChange, NewCatalog } from "./catalog.ts";

const created = (exclude: string[]): string[] => {
  const body = { name: "a", source: { kind: "directory", root: "/a", exclude } };
  return NewCatalog.safeParse(body).error?.issues.map(({ message }) => message) ?? [];
};
const changed = (include: string[]): string[] =>
  CatalogChange.safeParse({ include }).error?.issues.map(({ message }) => message) ?? [];

it("globs of a catalog must be ones that are matched in linear time, and not too many", () => {
  const good = ["*.tmp", "!.cache", "+(*(a|b)*(a|b))c", "!(a|b)"];
  const notLinear = expect.stringContaining("!(…) must be a whole name");
  const tooMany = "at most 100 globs of 8192 characters together";
  for (const problemsOf of [created, changed]) {
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf(["a!(b)"])).toEqual([notLinear]);
    expect(problemsOf(["[z-a]"])).toEqual([expect.stringContaining("not a glob")]);
    expect(problemsOf(Array.from({ length: 9 }, () => "a".repeat(1_000)))).toEqual([tooMany]);
  }
  expect(created(Array.from({ length: 101 }, () => "a"))).toEqual([tooMany]);
});
