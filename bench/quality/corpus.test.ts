import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EDITS } from "./edits/edits.ts";
import { LOOKALIKES } from "./lookalikes/lookalikes.ts";
import { makeCorpus } from "./make-corpus.ts";
import { spread, stemOf } from "./originals.ts";
import { Choices } from "./random.ts";
import { type CorpusHeader, type FileTruth, PICTURES, readHeader, readTruth, writeTruth } from "./truth.ts";

let folder: string;
let files: FileTruth[];

/** A small picture that stands in for an original: gradients and shapes. */
const drawOriginal = async (file: string, name: string): Promise<void> => {
  const choices = new Choices(1, name);
  const shapes = choices.several(
    12,
    () =>
      `<circle cx="${choices.whole(0, 200)}" cy="${choices.whole(0, 140)}" r="${choices.whole(6, 40)}" fill="${choices.colour()}"/>`,
  );
  await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="140">${shapes.join("")}</svg>`))
    .png()
    .toFile(file);
};

const make = async (name: string, filesPerClass: number): Promise<FileTruth[]> => {
  const originals = ["one", "two"].map((family) => ({ family, file: join(folder, `${family}.png`) }));
  for (const { family, file } of originals) await drawOriginal(file, family);
  return makeCorpus(join(folder, name), { seed: 7, half: "choosing", filesPerClass, originals }, () => undefined);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-corpus-"));
  files = await make("first", 2);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe("a corpus", () => {
  it("has every edit of every original, and every class of look-alikes", () => {
    for (const { name } of EDITS)
      expect(
        files.filter(({ edit }) => edit === name),
        name,
      ).toHaveLength(2);
    for (const { name } of LOOKALIKES) expect(files.filter((file) => file.class === name).length, name).toBe(2);
    expect(EDITS.length).toBeGreaterThanOrEqual(30);
    expect(files.map(({ file }) => file)).toEqual(files.map(({ file }) => file).toSorted());
  });

  it("has a truth that is read as it was written, of all files that it has", async () => {
    const header: CorpusHeader = {
      version: 1,
      seed: 7,
      scale: 1,
      half: "choosing",
      packages: {},
      generator: "test",
      files: files.length,
    };
    const place = join(folder, "first");
    expect(await readHeader(place)).toBeNull();
    await writeTruth(place, header, files);
    expect([await readHeader(place), await readTruth(place)]).toEqual([header, files]);
    expect((await readdir(join(place, PICTURES))).toSorted()).toEqual(files.map(({ file }) => file));
  });

  it("says where a crop and a framed picture are", async () => {
    for (const file of files.filter(({ edit }) => edit?.startsWith("crop"))) {
      const { width, height } = file.crop ?? { width: 0, height: 0 };
      expect(1 - width * height).toBeCloseTo(Number(file.parameters["removed"]), 1);
      const { width: wide } = await sharp(join(folder, "first", PICTURES, file.file)).metadata();
      expect(wide).toBeCloseTo(width * 200, 0);
    }
    for (const file of files.filter(({ kinds }) => kinds.includes("framed"))) expect(file.frame).not.toBeNull();
    for (const file of files.filter(({ edit }) => edit === "collage of four"))
      expect(new Set(file.families).size).toBe(2);
  });

  it("has no two look-alikes of equal pixels, so that none is a copy of another", async () => {
    const seen = new Map<string, string>();
    for (const { file } of files.filter(({ class: name }) => name !== "original" && name !== "edit")) {
      const pixels = (
        await sharp(join(folder, "first", PICTURES, file))
          .raw()
          .toBuffer()
      ).toString("base64");
      expect(seen.get(pixels), file).toBeUndefined();
      seen.set(pixels, file);
    }
  });

  it("is the same for the same seed, byte by byte", async () => {
    const again = await make("second", 1);
    expect(files).toEqual(expect.arrayContaining(again));
    const bytes = (name: string, file: string) => readFile(join(folder, name, PICTURES, file));
    for (const { file } of again)
      expect((await bytes("second", file)).equals(await bytes("first", file)), file).toBe(true);
  }, 120_000);
});

it("chooses by the seed and the name alone", () => {
  const numbers = (choices: Choices) => choices.several(4, () => choices.part());
  expect(numbers(new Choices(7, "one"))).toEqual(numbers(new Choices(7, "one")));
  expect(numbers(new Choices(8, "one"))).not.toEqual(numbers(new Choices(7, "one")));
  expect(numbers(new Choices(7, "two"))).not.toEqual(numbers(new Choices(7, "one")));
});

it("spreads a part of the originals over all packages", () => {
  const originals = Array.from({ length: 100 }, (_, at) => ({ family: `${at}`, file: `${at}` }));
  expect(spread(originals, 0.05).map(({ family }) => Number(family))).toEqual([0, 20, 40, 60, 80]);
  expect(spread(originals, 0.001)).toHaveLength(4);
  expect(spread(originals, 1)).toHaveLength(100);
});

it("names files after their originals without a space", () => {
  expect(stemOf("package/usr/share/An odd name.v2.webp", 7)).toBe("0007-An_odd_name_v2");
});
