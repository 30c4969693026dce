import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "@lookalike/shared/domain/job/source";
import { fileUrlOf, rootBytes } from "@lookalike/shared/domain/primitives/root-path";

const BUCKET = "s3://";

/** What the services may read, as in their settings. */
export interface GivenSources {
  readonly LOOKALIKE_SOURCE_ROOTS: string;
  readonly LOOKALIKE_SOURCE_BUCKETS: string;
}

/**
 * What this start's Lookalike may read: the folder or bucket that it was given, those of earlier starts, which a file of
 * the data folder has one a line, and what the environment adds.
 * @param data the data folder
 * @param catalogued the sources that an earlier version's data folder has catalogs of: it has no such file yet
 */
export const givenSources = async (
  data: string,
  source: Source,
  catalogued: () => Promise<readonly Source[]>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GivenSources> => {
  const file = join(data, "sources");
  const known = await readFile(file, "utf8").then(
    (text) => text.split("\n").filter((line) => line !== ""),
    async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return (await catalogued()).map(entryOf);
    },
  );
  const entries = [...new Set([...known, entryOf(source)])];
  const unfinished = `${file}.unfinished`;
  await writeFile(unfinished, entries.map((entry) => `${entry}\n`).join(""), { mode: 0o600 });
  await rename(unfinished, file);
  const { LOOKALIKE_SOURCE_ROOTS: roots = "", LOOKALIKE_SOURCE_BUCKETS: buckets = "" } = environment;
  const isBucket = (entry: string): boolean => entry.startsWith(BUCKET);
  const joined = (items: readonly string[], separator: string): string =>
    items.filter((item) => item !== "").join(separator);
  return {
    LOOKALIKE_SOURCE_ROOTS: joined([...entries.filter((entry) => !isBucket(entry)), roots], ":"),
    LOOKALIKE_SOURCE_BUCKETS: joined(
      [...entries.filter(isBucket).map((entry) => entry.slice(BUCKET.length)), buckets],
      ",",
    ),
  };
};

/** A source as an entry of the settings; what separates entries and lines is escaped. */
const entryOf = (source: Source): string => {
  switch (source.kind) {
    case "directory":
      return entryOfPath(source.root);
    case "hashes":
      return entryOfPath(source.file);
    case "s3":
      return `${BUCKET}${source.bucket}`;
  }
};

const entryOfPath = (path: string): string => (/[:\n]/.test(path) ? fileUrlOf(rootBytes(path)) : path);
