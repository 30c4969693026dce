import { createReadStream } from "node:fs";
import { mkdir, realpath, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { type Decision, effectiveDecisions } from "@lookalike/shared/domain/review/decisions";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { joinPath } from "@lookalike/shared/sources/listed-file";
import { openListed } from "@lookalike/shared/sources/open-listed";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import type { ArchiveRow } from "@lookalike/shared/store/review/archives";
import { z } from "zod";
import { isThere, moveFile, sha256Of, syncToDisk } from "./move-file.ts";

/** A file of an archive, with enough to restore it without the database. */
const ManifestEntry = z.object({
  /** Relative to the source's root, written as in the API. */
  path: z.string(),
  fingerprint: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  /** The images that stay in its place. */
  keepers: z.array(z.object({ path: z.string(), fingerprint: z.string() })),
});
type ManifestEntry = z.infer<typeof ManifestEntry>;

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

async function* readManifest(folder: string): AsyncGenerator<ManifestEntry> {
  for await (const line of createInterface({ input: createReadStream(manifestFile(folder)) }))
    yield ManifestEntry.parse(JSON.parse(line));
}

export type Refusals = ArchiveRow["refusals"];

/**
 * The images that an archive moves: those that an effective decision does not keep, if an image that it
 * keeps still exists. An image that any decision keeps stays.
 */
export const planArchive = (
  decisions: readonly Decision[],
  images: ReadonlyMap<number, CatalogImage>,
): { entries: ManifestEntry[]; refusals: Refusals } => {
  const entries: ManifestEntry[] = [];
  const refusals: Refusals = [];
  const effective = effectiveDecisions(decisions).filter(({ verdict }) => verdict === "keep");
  const kept = new Set(effective.flatMap(({ keep }) => keep));
  const planned = new Set<number>();
  for (const { members, keep } of effective) {
    const keepers = keep.flatMap((ordinal) => images.get(ordinal) ?? []);
    for (const ordinal of members) {
      const image = images.get(ordinal);
      if (image === undefined || kept.has(ordinal) || planned.has(ordinal)) continue;
      planned.add(ordinal);
      const { path, fingerprint, contentDigest, facts } = image;
      if (keepers.length === 0) refusals.push({ path, reason: "none of the images to keep is there" });
      else if (contentDigest === null || facts.bytes === undefined)
        refusals.push({ path, reason: "its content was never read" });
      else
        entries.push({
          path,
          fingerprint,
          sha256: toHex(contentDigest),
          bytes: facts.bytes,
          keepers: keepers.map((keeper) => ({ path: keeper.path, fingerprint: keeper.fingerprint })),
        });
    }
  }
  return { entries, refusals };
};

/** The two names that a file may have: in the source and in the archive. */
const namesOf = async (root: string, folder: string, path: string): Promise<{ source: Buffer; archived: Buffer }> => {
  const name = Buffer.from(bytesOfName(path));
  return {
    source: joinPath(await realpath(root, { encoding: "buffer" }), name),
    archived: joinPath(Buffer.from(join(folder, "files")), name),
  };
};

/** Moves the manifest's files into the archive; a refusal of null = it is moved. After a crash, a second call continues the first one. */
export async function* archiveFiles(root: string, folder: string) {
  for await (const entry of readManifest(folder)) {
    const { source, archived } = await namesOf(root, folder, entry.path);
    const isMoved = (await isThere(archived)) && !(await isThere(source));
    yield {
      entry,
      refusal: isMoved ? null : ((await refusalOf(root, entry)) ?? (await move(entry, source, archived))),
    };
  }
}

/** Moves the archive's files back. After a crash, a second call continues the first one. */
export async function* restoreFiles(root: string, folder: string) {
  for await (const entry of readManifest(folder)) {
    const { source, archived } = await namesOf(root, folder, entry.path);
    // Without an archived file, it was never moved, or is back already.
    if (await isThere(archived)) yield { entry, refusal: await move(entry, archived, source) };
  }
}

/**
 * Moves a file, or completes a move that a crash interrupted: removes the old name if the whole file has the new one.
 * @returns why it was not moved; null = it was
 */
const move = async ({ sha256 }: ManifestEntry, from: Buffer, to: Buffer): Promise<string | null> => {
  if (!(await isThere(to))) return moveFile(from, to, sha256).then(() => null, messageOf);
  if ((await sha256Of(to)) !== sha256) return "there is another file under that name";
  await unlink(from);
  return null;
};

/** Why a file must stay, according to the disk at this moment; null = it may be moved. */
const refusalOf = async (root: string, entry: ManifestEntry): Promise<string | null> => {
  const file = await openListed({ root, path: entry.path, fingerprint: entry.fingerprint });
  if ("reason" in file)
    return file.reason === "missing" ? "the file is gone" : `the file is not as it was: ${file.reason}`;
  await file.close();
  for (const { path, fingerprint } of entry.keepers) {
    const keeper = await openListed({ root, path, fingerprint });
    if ("reason" in keeper) continue;
    await keeper.close();
    return null;
  }
  return "none of the images to keep is there as it was";
};
