import { expect, it } from "vitest";
import { cellMeans, cellSums, plainCellSums, plainSquares, squares } from "./cell-sums.ts";

const plane = Uint8Array.from({ length: 128 * 128 }, (_, index) => (index * 2_654_435_761) >>> 24);

it.each([1, 4, 16, 32, 128])("the sums of %i cells each way are the same natively", (cells) => {
  expect(cellSums(plane, 128, cells)).toEqual(plainCellSums(plane, 128, cells));
});

it("means are rounded half up", () => {
  expect(cellMeans(Uint8Array.from([0, 1, 0, 1, 9, 9, 8, 8, 0, 0, 255, 255, 1, 0, 255, 255]), 4, 2)).toEqual(
    Uint8Array.from([5, 4, 0, 255]),
  );
});

it("squares are the same natively, also of white", () => {
  for (const bytes of [plane, new Uint8Array(16_384).fill(255), new Uint8Array(0)])
    expect(squares(bytes)).toBe(plainSquares(bytes));
});
