import { expect, it } from "vitest";
import {
  afterRestore,
  afterScan,
  decisionFaults,
  EMPTY,
  groupFaults,
  imageFaults,
  lostContents,
  type Model,
  mayGo,
  type ScannedImage,
} from "./model.ts";

const image = (ordinal: number, path: string, content: string): ScannedImage => ({ ordinal, path, content });
const same = (content: string): string => content;
const first = [image(0, "a", "A"), image(1, "b", "A"), image(2, "c", "C")];
const keep0 = { verdict: "keep", members: [0, 1], keep: [0] } as const;
const model: Model = { ...afterScan(EMPTY, first, same, new Set()), decisions: [keep0] };

it("finds nothing wrong with what is right", () => {
  const moved = [image(0, "x/a", "A"), image(1, "b", "A"), image(2, "c", "C"), image(3, "copy", "A")];
  expect(imageFaults(model, moved, new Map(moved.map(({ path, content }) => [path, content])))).toEqual([]);
  const groups = [
    { members: [0, 1], isDecided: true, isReopened: false },
    { members: [0, 1, 3], isDecided: false, isReopened: true },
    { members: [1, 3], isDecided: false, isReopened: false },
  ];
  expect(groupFaults(model, groups)).toEqual([]);
  expect(decisionFaults(model, [keep0])).toEqual([]);
});

it("finds an image that lost its ordinal, or got that of other content", () => {
  const files = new Map([["x/a", "A"]]);
  expect(imageFaults(model, [image(3, "x/a", "A")], files)).toHaveLength(1);
  expect(imageFaults(model, [image(2, "x/a", "A")], files)).toHaveLength(1);
  expect(imageFaults(model, [], files)).toHaveLength(1);
});

it("finds a decision that is lost, invented, or about images that are no duplicates", () => {
  expect(groupFaults(model, [{ members: [0, 1], isDecided: false, isReopened: false }])).toHaveLength(1);
  expect(groupFaults(model, [{ members: [0, 2], isDecided: true, isReopened: false }])).toHaveLength(1);
  expect(decisionFaults(model, [])).toHaveLength(1);
  const different: Model = { ...model, decisions: [{ verdict: "not-duplicates", members: [0, 1], keep: [0, 1] }] };
  expect(groupFaults(different, [{ members: [0, 1], isDecided: true, isReopened: false }])).toHaveLength(1);
});

it("continues decisions about a file with other metadata", () => {
  const scanned = [image(3, "a", "A with a rating"), image(1, "b", "A"), image(2, "c", "C")];
  const shown = (content: string): string => content[0] ?? "";
  const continued = [{ verdict: "keep", members: [1, 3], keep: [3] }];
  expect(afterScan(model, scanned, shown, new Set()).decisions).toEqual(continued);
  const moved = scanned.map((found) => ({ ...found, path: `moved/${found.path}` }));
  expect(afterScan(model, moved, shown, new Set()).decisions).toEqual(continued);
  expect(afterScan(model, moved, shown, new Set([0])).decisions).toEqual([keep0]);
});

it("continues no decision about a file that has come to the place of another one", () => {
  const scanned = [image(0, "b", "A"), image(2, "c", "C")];
  expect(afterScan(model, scanned, same, new Set([1])).decisions).toEqual([keep0]);
  const shown = (content: string): string => content[0] ?? "";
  const rated = [image(0, "a", "A"), image(3, "b", "A with a rating")];
  const withRating = afterScan(model, rated, shown, new Set());
  expect(withRating.decisions).toEqual([{ verdict: "keep", members: [0, 3], keep: [0] }]);
  const undone = afterScan(withRating, [image(0, "a", "A"), image(1, "b", "A")], shown, new Set());
  expect(undone.decisions).toEqual([keep0]);
});

it("lets go what a decision removes, until it is restored", () => {
  expect([0, 1, 2].map((ordinal) => mayGo(model, ordinal))).toEqual([false, true, false]);
  expect(afterRestore(model, new Set([0])).decisions).toEqual([keep0]);
  expect(afterRestore(model, new Set([1])).decisions).toEqual([]);
});

it("finds content that is there less often", () => {
  const twice = new Map([["A", 2]]);
  const once = new Map([["A", 1]]);
  expect(lostContents(twice, once, [])).toEqual(["A"]);
  expect(lostContents(once, twice, [])).toEqual([]);
  expect([lostContents(twice, once, ["A"]), lostContents(twice, new Map(), ["A"])]).toEqual([[], ["A"]]);
});
