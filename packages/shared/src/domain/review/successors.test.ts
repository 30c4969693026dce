import { expect, it } from "vitest";
import { successorsOf } from "./successors.ts";

/** Images of these paths, with ordinals that count from a number. */
const images = (from: number, ...paths: string[]) => paths.map((path, index) => ({ ordinal: from + index, path }));

it.each<[string, string[], string[], [number, number][]]>([
  ["the only one", ["a.jpg"], ["2019/b.jpg"], [[0, 10]]],
  [
    "one of the same name",
    ["a/x.jpg", "a/y.jpg"],
    ["b/y.jpg", "b/x.jpg"],
    [
      [0, 11],
      [1, 10],
    ],
  ],
  [
    "one in the same folder",
    ["a/x.jpg", "b/x.jpg"],
    ["b/1.jpg", "a/2.jpg"],
    [
      [0, 11],
      [1, 10],
    ],
  ],
  [
    "the one that is left",
    ["a/x.jpg", "b/y.jpg"],
    ["c/1.jpg", "c/x.jpg"],
    [
      [0, 11],
      [1, 10],
    ],
  ],
  ["none of several", ["a/x.jpg", "b/x.jpg"], ["c/1.jpg", "c/2.jpg"], []],
  ["none where several are missing", ["a/x.jpg", "b/x.jpg"], ["c/x.jpg"], []],
  ["none where nothing is new", ["a/x.jpg"], [], []],
])("the successor of a missing image is %s", (_, missing, added, expected) => {
  expect([...successorsOf(images(0, ...missing), images(10, ...added))]).toEqual(expect.arrayContaining(expected));
  expect(successorsOf(images(0, ...missing), images(10, ...added)).size).toBe(expected.length);
});
