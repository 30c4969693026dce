import { inspect } from "node:util";
import { expect, it } from "vitest";
import { exifBlock } from "./exif-block.fixtures.ts";
import { exifFacts } from "./exif-facts.ts";

const full = (): Buffer =>
  exifBlock(
    {
      271: "Canon",
      272: "EOS R5",
      274: { short: 6 },
      305: "darktable 4.6",
      306: "2024:05:02 08:00:01",
      18246: { short: 4 },
    },
    {
      36867: "2024:05:01 12:00:00",
      36868: "2024:05:01 12:00:00",
      36881: "+02:00",
      37521: "123",
      42016: "0123456789abcdef0123456789abcdef",
      42033: "SECRET-4711",
      42036: "RF 50mm",
      42037: "SECRET-0815",
    },
    {
      1: "S",
      2: {
        quotients: [
          [33, 1],
          [51, 1],
          [30, 1],
        ],
      },
      3: "E",
      4: {
        quotients: [
          [151, 1],
          [12, 1],
          [0, 1],
        ],
      },
      5: Uint8Array.of(1),
      6: { quotients: [[12, 1]] },
      7: {
        quotients: [
          [10, 1],
          [0, 1],
          [5, 1],
        ],
      },
      29: "2024:05:01",
    },
  );

it("are what the camera and programs wrote", async () => {
  const { place, cameraSerial, lensSerial, ...facts } = await exifFacts(full());
  expect(facts).toEqual({
    taken: "2024-05-01T12:00:00.123+02:00",
    digitized: "2024-05-01T12:00:00",
    modified: "2024-05-02T08:00:01",
    gpsTime: "2024-05-01T10:00:05Z",
    orientation: 6,
    camera: "Canon EOS R5",
    lens: "RF 50mm",
    uniqueId: "0123456789abcdef0123456789abcdef",
    software: "darktable 4.6",
    rating: 4,
  });
  expect(place?.reveal().latitude).toBeCloseTo(-33.8583, 4);
  expect(place?.reveal()).toMatchObject({ longitude: 151.2, altitude: -12 });
  expect([cameraSerial?.reveal(), lensSerial?.reveal()]).toEqual(["SECRET-4711", "SECRET-0815"]);
});

it("print neither the place nor a serial number", async () => {
  const facts = await exifFacts(full());
  const printed = [
    JSON.stringify(facts),
    inspect(facts, { depth: 9, showHidden: true }),
    `${facts.place} ${facts.cameraSerial}`,
  ];
  for (const text of printed) expect(text).not.toMatch(/SECRET|151|33[.,]8|reveal\(/);
});

it("are null where nothing was written, or nonsense", async () => {
  const nothing = await exifFacts(Buffer.from("Exif\0\0not a TIFF block"));
  expect(Object.values(nothing).every((fact) => fact === null)).toBe(true);
  const zeros = {
    quotients: [
      [0, 1],
      [0, 1],
      [0, 1],
    ],
  } as const;
  const broken = exifBlock(
    { 305: " ", 18246: { short: 99 }, 274: "not a number" },
    { 36867: "0000:00:00 00:00:00", 42016: { short: 7 }, 36881: "summer" },
    { 1: "N", 2: zeros, 3: "E", 4: zeros },
  );
  expect(Object.values(await exifFacts(broken)).every((fact) => fact === null)).toBe(true);
});

it("have no place that is on no map", async () => {
  const latitude = {
    quotients: [
      [91, 1],
      [0, 1],
      [0, 1],
    ],
  } as const;
  const longitude = {
    quotients: [
      [7, 1],
      [0, 0],
      [0, 1],
    ],
  } as const;
  expect((await exifFacts(exifBlock({}, {}, { 1: "N", 2: latitude, 3: "E", 4: longitude }))).place).toBeNull();
});

it("are the same with JPEG's header before the block, and of any part of it without failing", async () => {
  const block = full();
  const facts = JSON.stringify(await exifFacts(block));
  expect(JSON.stringify(await exifFacts(Buffer.concat([Buffer.from("Exif\0\0"), block])))).toBe(facts);
  for (let end = 0; end < block.length; end += 7) await exifFacts(block.subarray(0, end));
});
