import { realpath, unlink } from "node:fs/promises";
import { join } from "node:path";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { type Decision, effectiveDecisions } from "@lookalike/shared/domain/review/decisions";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { joinPath } from "@lookalike/shared/sources/listed-file";
import { openListed } from "@lookalike/shared/sources/open-listed";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { type ManifestEntry, readManifest } from "./manifest.ts";
import { isThere, moveFile, sha256Of } from "./move-file.ts";

export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

/** What happened to one file of the manifest. */
export type Moved = { readonly entry: ManifestEntry } & (
  | { readonly moved: true }
  | { readonly moved: false; readonly reason: string | null }
);

/**
 * What an archive is to move: the images that a standing decision lets go, whose keeper is there.
 * An image that one decision keeps and another lets go stays.
 */
export const planArchive = (
  decisions: readonly Decision[],
  images: ReadonlyMap<number, CatalogImage>,
): { entries: ManifestEntry[]; refusals: Refusal[] } => {
  const entries: ManifestEntry[] = [];
  const refusals: Refusal[] = [];
  const decided = effectiveDecisions(decisions).filter(({ verdict }) => verdict === "keep");
  const kept = new Set(decided.flatMap(({ keep }) => keep));
  const planned = new Set<number>();
  for (const { members, keep } of decided) {
    const keepers = keep.flatMap((ordinal) => images.get(ordinal) ?? []);
    for (const ordinal of members) {
      const image = images.get(ordinal);
      if (image === undefined || kept.has(ordinal) || planned.has(ordinal)) continue;
      planned.add(ordinal);
      if (keepers.length === 0) refusals.push({ path: image.path, reason: "none of the images to keep is there" });
      else if (image.contentDigest === null) refusals.push({ path: image.path, reason: "its content was never read" });
      else
        entries.push({
          path: image.path,
          fingerprint: image.fingerprint,
          sha256: toHex(image.contentDigest),
          bytes: image.facts.bytes ?? 0,
          keepers: keepers.map(({ path, fingerprint }) => ({ path, fingerprint })),
        });
    }
  }
  return { entries, refusals };
};

const placesOf = async (root: string, folder: string, path: string): Promise<{ source: Buffer; archived: Buffer }> => {
  const name = Buffer.from(bytesOfName(path));
  return {
    source: joinPath(await realpath(root, { encoding: "buffer" }), name),
    archived: joinPath(Buffer.from(join(folder, "files")), name),
  };
};

/** Moves what the manifest names into the archive. Started again after a crash, it goes on. */
export async function* archiveFiles(root: string, folder: string): AsyncGenerator<Moved> {
  for await (const entry of readManifest(folder)) {
    const { source, archived } = await placesOf(root, folder, entry.path);
    const isArchived = await isThere(archived);
    const gone = !(await isThere(source));
    if (isArchived && gone) yield { entry, moved: true };
    else {
      const reason = await refusalOf(root, entry);
      if (reason !== null) yield { entry, moved: false, reason };
      else yield isArchived ? await finishMove(entry, source, archived) : await attempt(entry, source, archived);
    }
  }
}

/** Puts back what the archive holds. Started again after a crash, it goes on. */
export async function* restoreFiles(root: string, folder: string): AsyncGenerator<Moved> {
  for await (const entry of readManifest(folder)) {
    const { source, archived } = await placesOf(root, folder, entry.path);
    // Never moved, or back already.
    if (!(await isThere(archived))) yield { entry, moved: false, reason: null };
    else if (await isThere(source)) yield await finishMove(entry, archived, source);
    else yield await attempt(entry, archived, source);
  }
}

/** A crash came before the old name was gone: it goes now, if the new one has all of the file. */
const finishMove = async (entry: ManifestEntry, from: Buffer, to: Buffer): Promise<Moved> => {
  if ((await sha256Of(to)) !== entry.sha256)
    return { entry, moved: false, reason: "there is another file under that name" };
  await unlink(from);
  return { entry, moved: true };
};

const attempt = async (entry: ManifestEntry, from: Buffer, to: Buffer): Promise<Moved> => {
  try {
    await moveFile(from, to, entry.sha256);
    return { entry, moved: true };
  } catch (error) {
    return { entry, moved: false, reason: messageOf(error) };
  }
};

/** Why a file must stay, by what is on the disk at this moment; null = it may go. */
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
