import { describe, expect, it } from "vitest";
import { featureTile } from "./feature-tile.ts";
import { feature } from "./features.fixtures.ts";
import { agreeingMatches } from "./shared-places.ts";

const NOTHING = new Uint8Array(32);
const places = (...of: readonly [x: number, y: number, level: number, angle: number][]): Int32Array =>
  featureTile("t", [
    { ordinal: 0, features: new Uint8Array(Buffer.concat(of.map((place) => feature(...place, NOTHING)))) },
  ]).places;
const rows = (count: number) => ({
  left: Int32Array.from({ length: count }, (_, row) => row),
  right: Int32Array.from({ length: count }, (_, row) => row),
});

/** Three corners of a square of 100 pixels. */
const CORNERS = places([6_400, 6_400, 0, 10], [12_800, 6_400, 1, 20], [6_400, 12_800, 2, 60]);

describe("features that are placed alike", () => {
  it("agree when the picture is moved, turned by a quarter, or smaller", () => {
    expect(agreeingMatches(CORNERS, places([100, 500, 0, 10], [6_500, 500, 1, 20], [100, 6_900, 2, 60]), rows(3))).toBe(
      3,
    );
    expect(
      agreeingMatches(CORNERS, places([9_000, 100, 0, 26], [9_000, 6_500, 1, 36], [2_600, 100, 2, 12]), rows(3)),
    ).toBe(3);
    expect(
      agreeingMatches(places([0, 0, 4, 0], [6_400, 0, 4, 9]), places([0, 0, 0, 0], [3_200, 0, 0, 9]), rows(2)),
    ).toBe(2);
  });

  it("are counted without those that are not", () => {
    expect(agreeingMatches(CORNERS, places([100, 500, 0, 10], [6_500, 500, 1, 20], [9_000, 500, 2, 60]), rows(3))).toBe(
      2,
    );
  });

  it.each([
    ["one lies elsewhere", places([100, 500, 0, 10], [100, 6_900, 1, 20])],
    ["a direction is another", places([100, 500, 0, 10], [6_500, 500, 1, 40])],
    ["a size is another", places([100, 500, 0, 10], [6_500, 500, 5, 20])],
    ["both are at one place", places([100, 500, 0, 10], [120, 500, 1, 20])],
  ])("are none where %s", (_, other) => {
    expect(agreeingMatches(CORNERS, other, rows(2))).toBe(0);
  });

  it("are none where there is one match", () => {
    expect(agreeingMatches(CORNERS, CORNERS, rows(1))).toBe(0);
  });
});
