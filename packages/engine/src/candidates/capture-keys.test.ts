import { describe, expect, it } from "vitest";
import { PrivateFact } from "../evidence/private-fact.ts";
import { captureKeys, capturePairs } from "./capture-keys.ts";

const facts = {
  uniqueId: null,
  camera: "X T5",
  cameraSerial: new PrivateFact("42-7"),
  taken: "2024-05-01T12:00:00.25",
};

describe("keys of a capture", () => {
  it("are of the unique id, and of camera, serial and time to a fraction of a second", () => {
    expect(captureKeys(facts)).toEqual(captureKeys({ ...facts }));
    expect(captureKeys({ ...facts, uniqueId: "9f3a" }).length).toBe(2);
    for (const other of [
      { camera: "X T6" },
      { cameraSerial: new PrivateFact("42-8") },
      { taken: "2024-05-01T12:00:00.26" },
    ])
      expect(captureKeys({ ...facts, ...other })).not.toEqual(captureKeys(facts));
  });

  it("are none where what identifies it is missing or empty", () => {
    for (const other of [
      { cameraSerial: null },
      { taken: null },
      { taken: "2024-05-01T12:00:00" },
      { taken: "2024-05-01T12:00:00.000+02:00" },
    ])
      expect(captureKeys({ ...facts, ...other })).toEqual([]);
    expect(captureKeys({ ...facts, cameraSerial: null, uniqueId: "0000 00" })).toEqual([]);
  });

  it("pair the pictures that have one in common, each pair once", () => {
    const entries = [
      { ordinal: 2, keys: [1n, 2n] },
      { ordinal: 5, keys: [3n] },
      { ordinal: 7, keys: [2n, 1n] },
      { ordinal: 9, keys: [1n, 3n] },
    ];
    expect(capturePairs(entries)).toEqual([
      [2, 7],
      [2, 9],
      [5, 9],
      [7, 9],
    ]);
  });

  it("pair nothing by a key that a program gives to all that it writes", () => {
    expect(capturePairs(Array.from({ length: 65 }, (_, ordinal) => ({ ordinal, keys: [1n] })))).toEqual([]);
    expect(capturePairs(Array.from({ length: 64 }, (_, ordinal) => ({ ordinal, keys: [1n] }))).length).toBe(2_016);
  });
});
