import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CopyKind } from "@lookalike/shared/domain/image/pair-kind";
import { z } from "zod";

/** Parts of a width and a height, from the upper left corner. */
const Rectangle = z.strictObject({
  left: z.number().min(0).max(1),
  top: z.number().min(0).max(1),
  width: z.number().positive().max(1),
  height: z.number().positive().max(1),
});
export type Rectangle = z.infer<typeof Rectangle>;

export const Half = z.enum(["choosing", "reporting"]);
export type Half = z.infer<typeof Half>;

/** What is known about one file of the corpus: a line of its truth file. */
export const FileTruth = z.strictObject({
  file: z.string(),
  /** The originals that are in the picture: one, four in a collage. A look-alike is a family of its own. */
  families: z.array(z.string()).min(1),
  /** "original", "edit", or the class of a look-alike. */
  class: z.string(),
  edit: z.string().nullable(),
  /** What a right answer may call the pair of this file and its original; empty for what is no edit. */
  kinds: z.array(CopyKind),
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  /** Look-alikes that show one thing, as the frames of one burst; null = none. */
  series: z.string().nullable(),
  /** The part of the original that is in the picture; null = all of it. */
  crop: Rectangle.nullable(),
  /** The part of the picture where the original is; null = everywhere. */
  frame: Rectangle.nullable(),
});
export type FileTruth = z.infer<typeof FileTruth>;

/** What a corpus was made from: the same header, the same corpus. */
export const CorpusHeader = z.strictObject({
  version: z.literal(1),
  seed: z.int(),
  scale: z.number().positive().max(1),
  half: Half,
  packages: z.record(z.string(), z.string()),
  /** SHA-256 of the code that makes it. */
  generator: z.string(),
  files: z.int(),
});
export type CorpusHeader = z.infer<typeof CorpusHeader>;

const TRUTH = "truth.jsonl";
const HEADER = "corpus.json";
/** The folder of the pictures, beside the truth. */
export const PICTURES = "pictures";

/** The header is written last: a folder that has one is complete. */
export const writeTruth = async (folder: string, header: CorpusHeader, files: readonly FileTruth[]): Promise<void> => {
  await writeFile(join(folder, TRUTH), files.map((file) => `${JSON.stringify(FileTruth.parse(file))}\n`).join(""));
  await writeFile(join(folder, HEADER), `${JSON.stringify(header, null, 2)}\n`);
};

/** @returns null where the folder has no complete corpus */
export const readHeader = async (folder: string): Promise<CorpusHeader | null> => {
  const text = await readFile(join(folder, HEADER), "utf8").catch(() => null);
  return text === null ? null : CorpusHeader.parse(JSON.parse(text));
};

/** @throws ZodError with what is wrong in a line */
export const readTruth = async (folder: string): Promise<FileTruth[]> => {
  const files: FileTruth[] = [];
  for await (const line of createInterface(createReadStream(join(folder, TRUTH))))
    files.push(FileTruth.parse(JSON.parse(line)));
  return files;
};
