import { expect, it } from "vitest";
import { resolveLine } from "./decision-file.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)];
const member = (path: string, sha256: string, keep = false) => ({ path, sha256, keep });
const images = (byDigest: Record<string, [number, string][]>) =>
  new Map(
    Object.entries(byDigest).map(([digest, places]) => [digest, places.map(([ordinal, path]) => ({ ordinal, path }))]),
  );

it("finds pictures by their content, wherever they are now", () => {
  const line = { verdict: "keep" as const, members: [member("x.jpg", a, true), member("y.jpg", b)] };
  expect(resolveLine(line, images({ [a]: [[7, "new/x.jpg"]], [b]: [[3, "y.jpg"]] }))).toEqual({
    members: [3, 7],
    keep: [7],
  });
});

it("distinguishes copies by their paths", () => {
  const line = { verdict: "keep" as const, members: [member("x.jpg", a, true), member("copy.jpg", a)] };
  expect(
    resolveLine(
      line,
      images({
        [a]: [
          [0, "copy.jpg"],
          [1, "x.jpg"],
        ],
      }),
    ),
  ).toEqual({ members: [0, 1], keep: [1] });
  expect(
    resolveLine(
      line,
      images({
        [a]: [
          [0, "p"],
          [1, "q"],
          [2, "copy.jpg"],
        ],
      }),
    ),
  ).toEqual({ members: [0, 2], keep: [0] });
});

it("leaves out what is gone, and a decision of which nothing stays", () => {
  const line = { verdict: "keep" as const, members: [member("x", a, true), member("y", b), member("z", b)] };
  expect(resolveLine(line, images({ [a]: [[0, "x"]], [b]: [[1, "z"]] }))).toEqual({ members: [0, 1], keep: [0] });
  expect(
    resolveLine(
      line,
      images({
        [b]: [
          [1, "y"],
          [2, "z"],
        ],
      }),
    ),
  ).toBeNull();
  expect(resolveLine(line, images({ [a]: [[0, "x"]] }))).toBeNull();
});

it("keeps all where they are different pictures", () => {
  const line = { verdict: "not-duplicates" as const, members: [member("x", a), member("y", b)] };
  expect(resolveLine(line, images({ [a]: [[0, "x"]], [b]: [[1, "y"]] }))).toEqual({ members: [0, 1], keep: [0, 1] });
});
