import { Companions, companionBeside, isRawName, isRecording } from "@lookalike/shared/domain/image/companions";
import { fileNameOf, folderOf } from "@lookalike/shared/domain/image/file-name";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import type { ManifestEntry, Refusal } from "./manifest.ts";
import type { ArchivePlan, FoundFile } from "./plan-archive.ts";

/** A file that is named after pictures, of which one at least goes. */
export interface Companion {
  readonly path: string;
  /** The paths of the pictures that it is named after. */
  readonly pictures: readonly string[];
  /** Files that have its name beside the pictures that stay. */
  readonly twins: readonly string[];
}

type Names = ReadonlyMap<string, readonly string[]>;

/** The folders whose names {@link companionsOf} needs: those of the pictures that go, and of those that stay. */
export const foldersOf = (entries: readonly ManifestEntry[]): Set<string> =>
  new Set(entries.flatMap(({ path, keepers }) => [path, ...keepers.map((keeper) => keeper.path)]).map(folderOf));

/**
 * The companions of the pictures that go: films of Live Photos, sounds, raw files, and what programs write beside a
 * picture. Raw files come first, since they may have companions themselves.
 * @param names of the files in each folder
 */
export const companionsOf = (entries: readonly ManifestEntry[], names: Names): Companion[] => {
  const going = new Map(entries.map((entry) => [entry.path, entry]));
  const paths = [...names].flatMap(([folder, inFolder]) => inFolder.map((name) => folder + name));
  const byKey = groupBy(paths, keyOf);
  const found: Companion[] = [];
  for (const folder of new Set(entries.map(({ path }) => folderOf(path)))) {
    const inFolder = names.get(folder) ?? [];
    const companions = new Companions(inFolder);
    for (const name of inFolder) {
      if (going.has(folder + name)) continue;
      const pictures = companions.picturesOf(name).map((picture) => folder + picture);
      const leaving = pictures.flatMap((picture) => going.get(picture) ?? []);
      const twins = new Set(leaving.flatMap((entry) => twinsOf(name, entry, byKey)));
      if (leaving.length > 0) found.push({ path: folder + name, pictures, twins: [...twins] });
    }
  }
  return found.sort((a, b) => Number(isRawName(b.path)) - Number(isRawName(a.path)));
};

/** Equal for files of one folder whose names differ in upper and lower case alone. */
const keyOf = (path: string): string => folderOf(path) + fileNameOf(path).toLowerCase();

/**
 * The files that have a companion's name beside the pictures that stay for `picture`.
 * @param byKey the paths of files by their keys
 */
const twinsOf = (
  companion: string,
  picture: ManifestEntry,
  byKey: ReadonlyMap<string, readonly string[]>,
): readonly string[] =>
  picture.keepers.flatMap(({ path }) => {
    const twin = companionBeside(companion, fileNameOf(picture.path), fileNameOf(path));
    return twin === null ? [] : (byKey.get(keyOf(folderOf(path) + twin)) ?? []);
  });

/**
 * Which companions go with the pictures of a plan: those of which all pictures go. A recording goes only where a file of its
 * size is beside a picture that stays, because it may be the only one; that the two are equal is read when it is moved.
 * @param found what the disk says of the companions and of their twins, by path
 */
export const planCompanions = (
  { entries }: Pick<ArchivePlan, "entries">,
  companions: readonly Companion[],
  found: ReadonlyMap<string, FoundFile>,
): ArchivePlan => {
  const going = new Set(entries.map(({ path }) => path));
  const planned: ManifestEntry[] = [];
  const refusals: Refusal[] = [];
  for (const { path, pictures, twins } of companions) {
    const file = found.get(path);
    if (file === undefined || !pictures.every((picture) => going.has(picture))) continue;
    const keepers = twins.filter((twin) => found.get(twin)?.bytes === file.bytes).map((twin) => ({ path: twin }));
    if (isRecording(path) && keepers.length === 0) refusals.push({ path, reason: NO_TWIN });
    else {
      going.add(path);
      planned.push({ path, bytes: file.bytes, companionOf: [...pictures], keepers });
    }
  }
  return { entries: planned, refusals };
};

/** Why a recording stays although its picture goes. */
export const NO_TWIN = "it stays: no file beside a picture that stays has its content";
