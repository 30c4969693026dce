import { describe, expect, it } from "vitest";
import { type Capture, kindWithCapture } from "./capture.ts";

const capture = (taken: string | null, more: Partial<Capture> = {}): Capture => ({
  camera: "Canon EOS 80D",
  taken,
  software: null,
  pixels: 24_000_000,
  ...more,
});

describe("the kind of a pair of photographs", () => {
  it.each<[string, string, Capture, Capture, Parameters<typeof kindWithCapture>[0]]>([
    ["burst", "fractions differ", capture("2024-05-02T10:00:00.25"), capture("2024-05-02T10:00:00.50"), "re-encoded"],
    ["burst", "seconds differ", capture("2024-05-02T10:00:00"), capture("2024-05-02T10:00:02"), "retouched"],
    ["similar", "minutes differ", capture("2024-05-02T10:00:00"), capture("2024-05-02T10:05:00"), "re-encoded"],
    ["burst", "seconds are equal", capture("2024-05-02T10:00:00"), capture("2024-05-02T10:00:00"), "retouched"],
    [
      "retouched",
      "a program wrote one",
      capture("2024-05-02T10:00:00"),
      capture("2024-05-02T10:00:00", { software: "GIMP" }),
      "retouched",
    ],
    [
      "retouched",
      "fractions are equal",
      capture("2024-05-02T10:00:00.25"),
      capture("2024-05-02T10:00:00.25"),
      "retouched",
    ],
    [
      "resized",
      "a copy lost the fractions",
      capture("2024-05-02T10:00:00.25"),
      capture("2024-05-02T10:00:00", { pixels: 1 }),
      "resized",
    ],
    [
      "retouched",
      "cameras differ",
      capture("2024-05-02T10:00:00"),
      capture("2024-05-02T10:00:02", { camera: "Pixel 8" }),
      "retouched",
    ],
    ["retouched", "a time is unknown", capture("2024-05-02T10:00:00"), capture(null), "retouched"],
    ["same-pixels", "pixels are equal", capture("2024-05-02T10:00:00"), capture("2024-05-02T10:00:02"), "same-pixels"],
    [
      "burst",
      "a zone is written in one",
      capture("2024-05-02T10:00:00.25+02:00"),
      capture("2024-05-02T10:00:00.50"),
      "toned",
    ],
    ["cropped", "a time can't be read", capture("0000-00-00T00:00:00"), capture("2024-05-02T10:00:00"), "cropped"],
  ])("is %s where %s", (expected, _, a, b, kind) => {
    expect(kindWithCapture(kind, a, b)).toBe(expected);
    expect(kindWithCapture(kind, b, a)).toBe(expected);
  });
});
