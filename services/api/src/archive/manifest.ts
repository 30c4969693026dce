import { createReadStream } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { syncToDisk } from "./move-file.ts";

/** A file of an archive, with enough to restore it without the database. */
export const ManifestEntry = z.object({
  /** Relative to the source's root, written as in the API. */
  path: z.string(),
  fingerprint: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  /** The images that stay in its place. */
  keepers: z.array(z.object({ path: z.string(), fingerprint: z.string() })),
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

const manifestFile = (folder: string): string => join(folder, "manifest.ndjson");

/** Writes the manifest whole or not at all. It is on the disk when this returns, before any file is moved. */
export const writeManifest = async (folder: string, entries: readonly ManifestEntry[]): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const unfinished = `${manifestFile(folder)}.unfinished`;
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  await writeFile(unfinished, lines, { flush: true });
  await rename(unfinished, manifestFile(folder));
  await syncToDisk(folder);
  await syncToDisk(dirname(folder));
};

export async function* readManifest(folder: string): AsyncGenerator<ManifestEntry> {
  for await (const line of createInterface({ input: createReadStream(manifestFile(folder)) }))
    yield ManifestEntry.parse(JSON.parse(line));
}
