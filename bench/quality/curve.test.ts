import sharp from "sharp";
import { expect, it } from "vitest";
import { drawCurves } from "./curve.ts";

const score = (limit: number, right: number, precision: number, recall: number) => ({
  limit,
  right,
  wrong: 0,
  precision,
  recall,
  recallOf: {},
  wrongOf: {},
});

it("draws a curve of each finder from left to right, with its default marked", async () => {
  const scores = [score(0, 0, 1, 0), score(1, 5, 1, 0.5), score(2, 9, 0.75, 0.9)];
  const svg = drawCurves([
    { name: "one", scores, standard: 1 },
    { name: "other", scores: [score(0, 3, 0.2, 0.3)], standard: null },
  ]);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg.match(/<circle/g)).toHaveLength(1);
  const [, points = ""] = /polyline points="([^"]+)"/.exec(svg) ?? [];
  const columns = points.split(" ").map((point) => Number(point.split(",")[0]));
  expect(columns).toEqual(columns.toSorted((a, b) => a - b));
  expect(columns).toHaveLength(2);
  expect((await sharp(Buffer.from(svg)).metadata()).format).toBe("svg");
});
