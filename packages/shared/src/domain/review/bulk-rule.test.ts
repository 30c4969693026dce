import { describe, expect, it } from "vitest";
import { isAcceptedByRule } from "../grouping/family-kind.ts";
import type { PairKind } from "../image/pair-kind.ts";
import { keepersByRule } from "./bulk-rule.ts";
import { ACCEPTED_KINDS, KindDecidedByRule } from "./kind-decided-by-rule.ts";

const group = (...paths: string[]) => ({
  number: 1,
  keeper: paths.length - 1,
  members: paths.map((path, ordinal) => ({
    ordinal,
    path,
    bytes: 1,
    isDamaged: path.includes("damaged"),
    sameFileAs: null,
    mayGo: true,
  })),
});

/** A family whose keeper is the last one. */
const family = (kind: PairKind, via: number | null = null) => {
  const found = group("a.jpg", "b.jpg");
  return {
    ...found,
    members: found.members.map((one) => (one.ordinal === 0 ? { ...one, mayGo: isAcceptedByRule({ kind, via }) } : one)),
  };
};

describe("the images that a rule for many groups keeps", () => {
  it("are the suggested image without a folder", () => {
    expect(keepersByRule(group("a.jpg", "b.jpg"), null)).toEqual([1]);
  });

  it("are all images in the folder, however deep, and none outside", () => {
    const mixed = group("dump/a.jpg", "library/2019/a.jpg", "library/a.jpg", "library-old/a.jpg", "library");
    for (const folder of ["library", "library/", "/library", "./library//"])
      expect(keepersByRule(mixed, folder)).toEqual([1, 2]);
    expect(keepersByRule(mixed, "library/2019")).toEqual([1]);
  });

  it("are not decided where a group is wholly in the folder, or wholly outside", () => {
    expect(keepersByRule(group("library/a.jpg", "library/b.jpg"), "library")).toBeNull();
    expect(keepersByRule(group("dump/a.jpg", "dump/b.jpg"), "library")).toBeNull();
    expect(keepersByRule(group("a.jpg", "b.jpg"), "/")).toBeNull();
  });

  it.each(["identical", "same-pixels", "re-encoded", "resized"] as const)("are those of a family: %s", (kind) => {
    expect(keepersByRule(family(kind), null)).toEqual([1]);
    expect(keepersByRule(family(kind, 7), null)).toBeNull();
    expect(ACCEPTED_KINDS).toContain(kind);
  });

  it.each(["toned", "cropped", "retouched", "burst", "similar", "unverified"] as const)(
    "are not decided where an image of the family is %s",
    (kind) => {
      expect(keepersByRule(family(kind), null)).toBeNull();
      expect(keepersByRule(family(kind), "a")).toBeNull();
      if (kind !== "burst") expect(KindDecidedByRule.options).not.toContain(kind);
    },
  );

  it("are all names of a file that stays", () => {
    const [first, second, third] = group("a.jpg", "b.jpg", "c.jpg").members;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three members");
    const linked = { number: 1, keeper: 1, members: [first, second, { ...third, sameFileAs: 1 }] };
    expect(keepersByRule(linked, null)).toEqual([1, 2]);
    const one = { number: 1, keeper: 0, members: [first, { ...second, sameFileAs: 0 }] };
    expect(keepersByRule(one, null)).toEqual([0, 1]);
  });

  it("are not decided where all that would stay are damaged", () => {
    expect(keepersByRule(group("a.jpg", "damaged.jpg"), null)).toBeNull();
    expect(keepersByRule(group("damaged.jpg", "b.jpg"), null)).toEqual([1]);
    expect(keepersByRule(group("library/damaged.jpg", "b.jpg"), "library")).toBeNull();
    expect(keepersByRule(group("library/damaged.jpg", "library/a.jpg", "b.jpg"), "library")).toEqual([0, 1]);
  });
});
