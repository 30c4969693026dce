import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { makeCorpus } from "./make-corpus.ts";
import { installOriginals, packagesOf, spread } from "./originals.ts";
import { type CorpusHeader, type FileTruth, Half, PICTURES, readHeader, readTruth, writeTruth } from "./truth.ts";

export interface CorpusOptions {
  readonly seed: number;
  readonly half: Half;
  readonly scale: number;
  /** Where packages are unpacked and corpora are made. */
  readonly folder: string;
}

/** Those of a command line: the whole reporting half where it says nothing. @throws ZodError for another half */
export const corpusOptions = (options: Readonly<Record<string, string | undefined>>): CorpusOptions => ({
  seed: Number(options["seed"] ?? 21),
  half: Half.parse(options["half"] ?? "reporting"),
  scale: Number(options["scale"] ?? 1),
  folder: options["folder"] ?? join(homedir(), ".cache", "lookalike-quality"),
});

export interface Corpus {
  readonly header: CorpusHeader;
  readonly pictures: string;
  readonly files: readonly FileTruth[];
}

/** Look-alikes of each class in a corpus of scale 1. */
const FILES_PER_CLASS = 200;

const MAKERS = ["edits", "lookalikes", "make-corpus.ts", "originals.json", "picture.ts", "random.ts"];

/** A digest of the code that decides the pictures: a corpus that other code made is made again. */
const generatorDigest = async (): Promise<string> => {
  const digest = createHash("sha256");
  for (const maker of MAKERS) {
    const path = join(import.meta.dirname, maker);
    const files = maker.includes(".") ? [path] : (await readdir(path)).sort().map((name) => join(path, name));
    for (const file of files) digest.update(await readFile(file));
  }
  return digest.digest("hex");
};

/** The corpus of these options: one that was made before is used again. */
export const openCorpus = async (
  { seed, half, scale, folder }: CorpusOptions,
  say: (text: string) => void,
): Promise<Corpus> => {
  const place = join(folder, `${half}-${seed}-${scale}`);
  const pictures = join(place, PICTURES);
  const expected = {
    version: 1 as const,
    seed,
    half,
    scale,
    packages: packagesOf(half),
    generator: await generatorDigest(),
  };
  const known = await readHeader(place);
  if (known !== null) {
    const files = await readTruth(place);
    if (isDeepStrictEqual(known, { ...expected, files: files.length })) return { header: known, pictures, files };
  }
  const packages = join(folder, "packages");
  await mkdir(packages, { recursive: true });
  const originals = spread(await installOriginals(half, packages), scale);
  await mkdir(place, { recursive: true });
  const files = await makeCorpus(
    place,
    { seed, half, originals, filesPerClass: Math.max(8, Math.round(FILES_PER_CLASS * scale)) },
    say,
  );
  const header: CorpusHeader = { ...expected, files: files.length };
  await writeTruth(place, header, files);
  return { header, pictures, files };
};
