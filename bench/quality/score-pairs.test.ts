import { describe, expect, it } from "vitest";
import { labelledPairs, PairTruth } from "./pairs.ts";
import { chained, scoreGroups } from "./score-groups.ts";
import { bestOf, scorePairs } from "./score-pairs.ts";
import type { FileTruth } from "./truth.ts";

const file = (name: string, more: Partial<FileTruth>): FileTruth => ({
  file: name,
  families: [name],
  class: "original",
  edit: null,
  kinds: [],
  parameters: {},
  series: null,
  crop: null,
  frame: null,
  ...more,
});

/** Two families, a collage of both, two forms, and two frames of one burst. */
const FILES: FileTruth[] = [
  file("a", {}),
  file("a-copy", { families: ["a"], class: "edit", edit: "copy" }),
  file("a-grey", { families: ["a"], class: "edit", edit: "grey" }),
  file("b", {}),
  file("b-copy", { families: ["b"], class: "edit", edit: "copy" }),
  file("collage", { families: ["a", "b"], class: "edit", edit: "collage of four" }),
  file("form-0", { class: "forms" }),
  file("form-1", { class: "forms" }),
  file("burst-0", { class: "bursts", series: "bursts 0" }),
  file("burst-1", { class: "bursts", series: "bursts 0" }),
];
const truth = new PairTruth(FILES);

const found = (triples: readonly (readonly [number, number, number])[], kinds: readonly string[] | null = null) => ({
  a: Uint32Array.from(triples, ([a]) => a),
  b: Uint32Array.from(triples, ([, b]) => b),
  distance: Uint32Array.from(triples, ([, , distance]) => distance),
  kinds,
});

describe("the score of pairs", () => {
  it("counts right and wrong pairs, and the edits that are found, up to each limit", () => {
    const scores = scorePairs(
      truth,
      found([
        [0, 1, 0],
        [1, 2, 3],
        [6, 7, 2],
        [3, 5, 4],
      ]),
      4,
    );
    expect(scores.map(({ right, wrong }) => [right, wrong])).toEqual([
      [1, 0],
      [1, 0],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(scores[4]).toMatchObject({ precision: 0.75, recallOf: { copy: 0.5, grey: 0, "collage of four": 0 } });
    expect(scores[4]?.recall).toBeCloseTo(1 / 6);
    expect(scores[4]?.wrongOf).toEqual({ forms: 1 });
  });

  it("never loses recall or wrong pairs with a larger limit", () => {
    const scores = scorePairs(
      truth,
      found([
        [0, 1, 5],
        [0, 2, 1],
        [3, 4, 9],
        [0, 3, 7],
        [8, 9, 2],
      ]),
      10,
    );
    for (const [at, { recall, wrong }] of scores.entries()) {
      expect(recall).toBeGreaterThanOrEqual(scores[at - 1]?.recall ?? 0);
      expect(wrong).toBeGreaterThanOrEqual(scores[at - 1]?.wrong ?? 0);
    }
  });

  it("takes moments of one scene for wrong, unless the finder says that they are", () => {
    const pairs = [[8, 9, 0]] as const;
    expect(scorePairs(truth, found(pairs, ["variant"]), 0)[0]).toMatchObject({ right: 0, wrong: 1 });
    expect(scorePairs(truth, found(pairs, ["burst"]), 0)[0]).toMatchObject({ right: 0, wrong: 0 });
    expect(scorePairs(truth, found([[6, 7, 0]], ["burst"]), 0)[0]).toMatchObject({ wrong: 1 });
  });

  it("says which limit is the best", () => {
    const scores = scorePairs(
      truth,
      found([
        [0, 1, 1],
        [3, 4, 2],
        [0, 2, 3],
        [6, 7, 4],
        [0, 6, 4],
        [1, 6, 4],
        [2, 6, 4],
      ]),
      5,
    );
    expect(bestOf(scores).limit).toBe(3);
  });
});

describe("the score of groups", () => {
  it("counts whole families, and leaves collages out", () => {
    expect(
      scoreGroups(truth, [
        [0, 1, 2, 5],
        [3, 4],
      ]),
    ).toMatchObject({ families: 2, whole: 2, wrongGroups: 0, precision: 1, recall: 1, f1: 1 });
  });

  it("counts a torn family, and a group of two families", () => {
    const score = scoreGroups(truth, [
      [0, 1],
      [2, 3],
    ]);
    expect(score).toMatchObject({ whole: 0, wrongGroups: 1, precision: 0.5, recall: 0.25 });
  });

  it("joins pairs to groups by chains", () => {
    expect(chained(6, Uint32Array.of(0, 1, 4), Uint32Array.of(1, 2, 5))).toEqual([
      [0, 1, 2],
      [4, 5],
    ]);
  });
});

describe("pairs for fitting", () => {
  it("are every edit with its original, and neighbours of every other class", () => {
    const pairs = [...labelledPairs(FILES)].map(({ a, b, verdict }) => `${a.file} ${b.file} ${verdict}`);
    expect(pairs).toEqual([
      "a b wrong",
      "a a-copy right",
      "a a-grey right",
      "b b-copy right",
      "a collage right",
      "form-0 form-1 wrong",
      "burst-0 burst-1 related",
    ]);
  });
});
