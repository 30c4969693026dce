import { describe, expect, it } from "vitest";
import { CopyKind, KIND_WORDS, KindAcceptedByRule, PairKind, PixelKind } from "./pair-kind.ts";

describe("the kinds of pairs", () => {
  it("are nested: what a rule accepts and what pixels say are copies, and not all copies", () => {
    for (const narrow of [KindAcceptedByRule, PixelKind]) {
      expect(CopyKind.options).toEqual(expect.arrayContaining([...narrow.options]));
      expect(narrow.options.length).toBeLessThan(CopyKind.options.length);
    }
  });

  it("that wait for a person are all in which something of the picture was changed", () => {
    const waiting = PairKind.options.filter((kind) => !KindAcceptedByRule.safeParse(kind).success);
    expect(waiting).toEqual([
      "toned",
      "turned",
      "mirrored",
      "cropped",
      "framed",
      "retouched",
      "burst",
      "similar",
      "unverified",
    ]);
  });

  it("have words of their own", () => {
    expect(new Set(Object.values(KIND_WORDS)).size).toBe(PairKind.options.length);
  });
});
