import { describe, expect, it } from "vitest";
import { en } from "../strings/languages/en.ts";
import { factsOf, goingOf, type Member } from "./facts.ts";
import { relationOf } from "./relation.ts";

const member = (ordinal: number, facts: Partial<Member> = {}): Member => ({
  ordinal,
  path: `2019/${ordinal}.jpg`,
  modifiedAt: null,
  distance: 0,
  sameFileAs: null,
  ...{ kind: null, probability: null, via: null, comparison: null },
  ...facts,
});

describe("the facts of a group", () => {
  const large = member(1, { width: 40, height: 30, bytes: 900, camera: "K", takenAt: "2021-08-14T18:03:00" });
  const small = member(2, { width: 20, height: 15, bytes: 1_200 });

  it("say which picture has more, which lacks something, and nothing of what is neither better nor worse", () => {
    const tones = Object.fromEntries(
      factsOf([large, small], en).map(({ name, values }) => [name, values.map(({ tone }) => tone)]),
    );
    expect(tones).toEqual({
      folder: ["none", "none"],
      pixels: ["better", "worse"],
      size: ["none", "none"],
      taken: ["better", "worse"],
      camera: ["better", "worse"],
    });
  });

  it("differ or not, and leave out what nobody has", () => {
    const facts = factsOf([large, small], en);
    expect(facts.filter(({ differs }) => !differs).map(({ name }) => name)).toEqual(["folder"]);
    expect(facts.find(({ name }) => name === "taken")?.values[0]?.text).toBe("Aug 14, 2021, 6:03 PM");
  });
});

describe("what a picture is to the suggested one", () => {
  it("is smaller, larger or encoded again, as their pixels say", () => {
    const keeper = member(1, { width: 40, height: 30 });
    const relations = [20, 40, 80].map((width) =>
      relationOf("variant", keeper, member(2, { width, height: (width * 3) / 4 })),
    );
    expect(relations).toEqual(["smaller", "re-encoded", "larger"]);
    expect(relationOf("exact", keeper, keeper)).toBe("identical");
    expect(relationOf("cropped", keeper, member(3, { kind: "framed" }))).toBe("framed");
  });
});

describe("what a choice lets go", () => {
  it("frees the bytes of files, not of the other names of a file that stays", () => {
    const members = [member(1, { bytes: 5 }), member(2, { bytes: 5, sameFileAs: 1 }), member(3, { bytes: 7 })];
    expect(goingOf(members, new Set([1]))).toEqual({ count: 2, bytes: 7 });
    expect(goingOf(members, new Set([3]))).toEqual({ count: 2, bytes: 5 });
  });
});
