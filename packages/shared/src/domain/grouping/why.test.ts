import { describe, expect, it } from "vitest";
import { Refusal } from "../image/refusal.ts";
import { explain, type WhyFacts } from "./why.ts";

const facts = (some: Partial<WhyFacts>): WhyFacts => ({
  ...{ grouping: "masters", isVerified: true, thresholdBits: 20, distanceBits: 6, signaturesAgree: true },
  ...{ equalBytes: false, isSeparated: false, kind: null, refusal: null, notLooked: null },
  ...{ group: null, groupOfA: null, groupOfB: null },
  ...some,
});

describe("why two images are together or not", () => {
  it.each<[string, Partial<WhyFacts>, RegExp]>([
    ["an owner's decision", { isSeparated: true, equalBytes: true }, /no duplicates/],
    ["equal bytes", { equalBytes: true, group: 3 }, /the same bytes/],
    ["what a look found", { kind: "cropped", group: 3 }, /a part of the same picture/],
    ["a look that found nothing", {}, /no turn of one fits/],
    [
      "that nobody could look",
      { kind: "unverified", notLooked: "the file is gone" },
      /the file is gone.*differ in 6 bits/,
    ],
    ["moments of one camera", { kind: "burst" }, /moments earlier or later/],
    ["the distance", { grouping: "clique", isVerified: false, distanceBits: 30 }, /30 bits, and 20 may/],
    ["colours", { grouping: "clique", isVerified: false, signaturesAgree: false }, /colours differ/],
    ["no hash", { grouping: "clique", isVerified: false, distanceBits: null }, /no hash/],
  ])("says %s first", (_, some, decided) => {
    expect(explain(facts(some)).decided).toMatch(decided);
  });

  it.each(Refusal.options)("says by which rule they are not the same: %s", (refusal) => {
    expect(explain(facts({ refusal })).decided).toMatch(/^They are not the same picture: .{20}/);
  });

  it("says what would have to change, and nothing where both are together", () => {
    expect(explain(facts({ kind: "resized", group: 2 })).change).toEqual([]);
    expect(explain(facts({ kind: "resized", groupOfA: 1, groupOfB: 2 })).change[0]).toContain(
      "nearer to another picture",
    );
    const apart = { grouping: "clique", isVerified: false, distanceBits: 30 } as const;
    expect(explain(facts(apart)).change[0]).toContain("threshold of 30 bits");
  });
});
