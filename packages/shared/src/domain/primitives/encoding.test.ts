import { describe, expect, it } from "vitest";
import { isoOf, isoOfMilliseconds } from "./encoding.ts";

describe("a timestamp of PostgreSQL", () => {
  it.each([
    ["2024-03-01 12:00:00.5+05:30", "2024-03-01T06:30:00.500Z"],
    ["1601-01-01 00:53:28+00:53:28", "1601-01-01T00:00:00.000Z"],
    ["1889-12-31 19:03:58-04:56:02", "1890-01-01T00:00:00.000Z"],
    ["1000-01-02 00:00:00+00", "1000-01-02T00:00:00.000Z"],
    ["0049-03-01 12:00:00.123+00", "0049-03-01T12:00:00.123Z"],
    ["2024-03-01T12:00:00.000Z", "2024-03-01T12:00:00.000Z"],
  ])("%s is the same time in ISO 8601", (timestamp, iso) => expect(isoOf(timestamp)).toBe(iso));
});

describe("the time of a file", () => {
  it("is a time in years of four digits, and unknown in all others", () => {
    expect(isoOfMilliseconds(Date.UTC(1601, 0, 1))).toBe("1601-01-01T00:00:00.000Z");
    expect(isoOfMilliseconds(-1)).toBe("1969-12-31T23:59:59.999Z");
    for (const milliseconds of [Date.UTC(30828, 8, 14), Date.UTC(-4000, 0), 9.2e18, -9.2e18, Number.NaN])
      expect(isoOfMilliseconds(milliseconds)).toBeNull();
  });
});
