import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  continuedDecisions,
  type Decision,
  decisionIndex,
  decisionKey,
  decisionOnly,
  effectiveDecisions,
  separate,
  suppressionsOf,
  type Verdict,
} from "./decisions.ts";

const decide = (id: string, verdict: Verdict, members: number[], undoes: string | null = null): Decision => ({
  id,
  verdict,
  members,
  keep: members.slice(0, 1),
  undoes,
});

describe("decisions", () => {
  it("are effective until an undo, after which the group may be decided again", () => {
    const facts = [decide("a", "keep", [1, 2]), decide("b", "undo", [1, 2], "a"), decide("c", "keep", [1, 2])];
    expect(effectiveDecisions(facts).map(({ id }) => id)).toEqual(["c"]);
  });

  it("apply to a later group of the same images, or of a part of them", () => {
    const of = decisionIndex([decide("a", "keep", [1, 2, 3]), decide("b", "keep", [7, 8])]);
    expect(of([1, 2, 3])).toEqual({ decisionId: "a", reopenedId: null });
    expect(of([1, 3])).toEqual({ decisionId: "a", reopenedId: null });
    expect(of([4, 5])).toEqual({ decisionId: null, reopenedId: null });
  });

  it("are reopened by an image that joined, and only where two of the images are in the group", () => {
    const of = decisionIndex([decide("a", "keep", [1, 2, 3])]);
    expect(of([1, 2, 9])).toEqual({ decisionId: null, reopenedId: "a" });
    expect(of([1, 9])).toEqual({ decisionId: null, reopenedId: null });
  });

  it("are reopened by the newest of those that cover a part, whichever images they share with the group", () => {
    const of = decisionIndex([decide("a", "keep", [2, 3]), decide("b", "keep", [1, 2])]);
    expect(of([1, 2, 3, 9])).toEqual({ decisionId: null, reopenedId: "b" });
  });

  it("are replaced by a newer one", () => {
    const of = decisionIndex([decide("a", "keep", [1, 2]), decide("b", "not-duplicates", [1, 2])]);
    expect(of([1, 2]).decisionId).toBe("b");
  });
});

describe("images that are not duplicates", () => {
  const distance = (a: number, b: number): number => Math.abs(a - b);

  it("are never in one group again; other images join the nearest part", () => {
    const suppressions = suppressionsOf([decide("a", "not-duplicates", [1, 10])]);
    expect(separate([1, 2, 9, 10], suppressions, distance)).toEqual([[1, 2, 9]]);
    expect(separate([1, 10, 11, 2], suppressions, distance)).toEqual([
      [1, 2],
      [10, 11],
    ]);
    expect(separate([1, 10], suppressions, distance)).toEqual([]);
    expect(separate([5, 6], suppressions, distance)).toEqual([[5, 6]]);
  });

  it("whatever is decided, no part contains a suppressed pair and no image is in two parts", () => {
    const images = fc.uniqueArray(fc.nat(20), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(images, fc.array(images, { maxLength: 5 }), (members, suppressed) => {
        const suppressions = suppressionsOf(
          suppressed.map((group, index) => decide(String(index), "not-duplicates", group)),
        );
        const parts = separate(members, suppressions, distance);
        for (const part of parts)
          for (const x of part) for (const y of part) expect(suppressions.get(x)?.has(y) ?? false).toBe(false);
        expect(new Set(parts.flat()).size).toBe(parts.flat().length);
      }),
    );
  });
});

describe("a decision about a file that got other metadata", () => {
  const decision = { id: "first", verdict: "keep" as const, members: [2, 5, 9], keep: [5], undoes: null };

  it("is continued about the image that has taken its place", () => {
    expect(continuedDecisions([decision], new Map([[5, 12]]))).toEqual([
      { id: "first", verdict: "keep", members: [2, 9, 12], keep: [12], undoes: "first" },
    ]);
  });

  it("is left alone where its images are what they were, or it was taken back", () => {
    const undo = { ...decision, id: "undo", verdict: "undo" as const, undoes: "first" };
    expect(continuedDecisions([decision], new Map([[3, 12]]))).toEqual([]);
    expect(continuedDecisions([decision, undo], new Map([[5, 12]]))).toEqual([]);
  });

  it("is left alone by an image that it is about already", () => {
    expect(continuedDecisions([decision], new Map([[5, 9]]))).toEqual([]);
    expect(
      continuedDecisions(
        [decision],
        new Map([
          [2, 12],
          [5, 9],
        ]),
      ),
    ).toMatchObject([{ members: [5, 9, 12], keep: [5] }]);
  });

  it("is effective only in its last form", () => {
    const [continued] = continuedDecisions([decision], new Map([[5, 12]]));
    const decisions = [decision, { ...decision, ...continued, id: "second" }];
    expect(effectiveDecisions(decisions).map(({ id }) => id)).toEqual(["second"]);
  });
});

describe("a decision about files that another catalog lists, too", () => {
  const decision = { verdict: "keep" as const, members: [2, 5, 9], keep: [5] };

  it("is about those of its images that are there", () => {
    const about = decisionOnly(
      decision,
      new Map([
        [5, 0],
        [9, 7],
      ]),
    );
    expect(about).toEqual({ verdict: "keep", members: [0, 7], keep: [0] });
    expect(about && decisionKey(about)).toBe("keep 0,7 0");
  });

  it("is none where an image is alone, or none stays", () => {
    expect(decisionOnly(decision, new Map([[5, 0]]))).toBeNull();
    expect(
      decisionOnly(
        decision,
        new Map([
          [2, 0],
          [9, 7],
        ]),
      ),
    ).toBeNull();
  });
});
