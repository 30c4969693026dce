import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { type Decision, effectiveDecisions } from "@lookalike/shared/domain/review/decisions";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import type { ManifestEntry, Refusal } from "./manifest.ts";

/** The files that an archive moves, and those that it leaves. */
export interface ArchivePlan {
  readonly entries: ManifestEntry[];
  readonly refusals: Refusal[];
}

/**
 * The images that an archive moves: those that an effective decision does not keep, if an image that it
 * keeps still exists. An image that any decision keeps stays.
 */
export const planArchive = (decisions: readonly Decision[], images: ReadonlyMap<number, CatalogImage>): ArchivePlan => {
  const entries: ManifestEntry[] = [];
  const refusals: Refusal[] = [];
  const effective = effectiveDecisions(decisions).filter(({ verdict }) => verdict === "keep");
  const kept = new Set(effective.flatMap(({ keep }) => keep));
  const planned = new Set<number>();
  for (const { members, keep } of effective) {
    const keepers = keep.flatMap((ordinal) => images.get(ordinal) ?? []);
    for (const ordinal of members) {
      const image = images.get(ordinal);
      if (image === undefined || kept.has(ordinal) || planned.has(ordinal)) continue;
      planned.add(ordinal);
      const { path, contentDigest, facts } = image;
      if (keepers.length === 0) refusals.push({ path, reason: "none of the images to keep is there" });
      else if (contentDigest === null || facts.bytes === undefined)
        refusals.push({ path, reason: "its content was never read" });
      else
        entries.push({
          path,
          ordinal,
          sha256: toHex(contentDigest),
          bytes: facts.bytes,
          keepers: keepers.flatMap((keeper) =>
            keeper.contentDigest === null
              ? []
              : { path: keeper.path, ordinal: keeper.ordinal, sha256: toHex(keeper.contentDigest) },
          ),
        });
    }
  }
  return { entries, refusals };
};

/** What the disk says of a file that is planned to move. */
export interface FoundFile extends Pick<ManifestEntry, "attributes" | "folders"> {
  /** Equal for two names of one file. */
  readonly file: string;
  readonly bytes: number;
  /** How many names the file has, anywhere on its disk. */
  readonly names: bigint;
}

/**
 * Adds what the disk says of each file. A file with a name that the plan does not move stays: to move its other names
 * would free nothing.
 * @param found by path; none for a file that is missing
 * @param archived the images that archives have already: that their files are gone is no news
 */
export const addFound = (
  { entries, refusals }: ArchivePlan,
  found: ReadonlyMap<string, FoundFile>,
  archived: ReadonlySet<number>,
): ArchivePlan => {
  const planned = new Map<string, string[]>();
  for (const { path } of entries) {
    const file = found.get(path)?.file;
    if (file !== undefined) planned.set(file, [...(planned.get(file) ?? []), path]);
  }
  const added: ArchivePlan = { entries: [], refusals: [...refusals] };
  for (const entry of entries) {
    const { path, ordinal } = entry;
    const of = found.get(path);
    const names = of === undefined ? [] : (planned.get(of.file) ?? []);
    if (of === undefined) {
      if (ordinal === undefined || !archived.has(ordinal)) added.refusals.push({ path, reason: "the file is gone" });
    } else if (of.names > BigInt(names.length))
      added.refusals.push({
        path,
        reason: "it is a hard link: the file has other names that stay, so nothing would be freed",
      });
    else {
      const { attributes, folders } = of;
      const [first] = names;
      added.entries.push({ ...entry, attributes, folders, linkOf: first === path ? undefined : first });
    }
  }
  return added;
};
