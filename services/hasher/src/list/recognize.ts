import { fileNameOf } from "@lookalike/shared/domain/image/file-name";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { KnownImage, Recognized, UnrecognizedFile } from "@lookalike/shared/domain/image/listing";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { fileStateOf } from "@lookalike/shared/sources/listed-file";
import type { KnownContent } from "@lookalike/shared/store/catalog/contents";
import pMap from "p-map";

/** The files of a source, for comparing them by their content. */
export interface SourceFiles {
  /** Whether an equal fingerprint proves equal content, so that no mode needs to read a file again. */
  readonly provesContent: boolean;
  /** Whether the file of this path is still the one of a fingerprint. */
  readonly isStillThere: (path: string, fingerprint: string) => Promise<boolean>;
  /** SHA-256 in hexadecimal; null where the file can't be read. */
  readonly digestOf: (path: string) => Promise<string | null>;
}

interface Recognition {
  readonly files: SourceFiles;
  /** Hashed images with these ordinals, and those with one of these sizes. */
  readonly findContents: (ordinals: readonly number[], sizes: readonly number[]) => Promise<readonly KnownContent[]>;
  /** Whether an image's block is stored: of others, no content is known that their files could differ from. */
  readonly isHashed: (ordinal: number) => boolean;
  /** Every file is compared by its digest. */
  readonly rereads: boolean;
}

/** Files that are read at the same time: more would make a disk seek. */
const FILES_AT_ONCE = 4;

/**
 * Finds the images that have the content of these files, each image for one file: of equal files that were moved, each is
 * another image. A file that has only another place, inode or mode is recognized by its size and times, as rsync does;
 * one that was touched is read and compared by its SHA-256, as is every object of a bucket.
 */
export const recognize = async (
  { files, findContents, isHashed, rereads }: Recognition,
  unrecognized: readonly UnrecognizedFile[],
): Promise<Recognized> => {
  const contents = await findContents(
    unrecognized.flatMap(({ known }) => known?.ordinal ?? []),
    unrecognized.flatMap(({ found }) => found.bytes ?? []),
  );
  const byOrdinal = new Map(contents.map((content) => [content.ordinal, content]));
  const bySize = groupBy(byOrdinal.values(), ({ bytes }) => bytes);
  const places = new Map<number, Promise<boolean>>();
  const isAtItsPlace = async ({ path, fingerprint, digest }: KnownContent): Promise<boolean> =>
    (await files.isStillThere(path, fingerprint)) || (await files.digestOf(path)) === digest;
  // A copy is another image: the content must no longer be where it was.
  const isFree = async (found: FoundImage, content: KnownContent): Promise<boolean> => {
    if (!content.isLive || content.path === found.path) return true;
    const looked = places.get(content.ordinal) ?? isAtItsPlace(content);
    places.set(content.ordinal, looked);
    return !(await looked);
  };
  const matchesOf = async ({ found, known }: UnrecognizedFile): Promise<Match[]> => {
    const looksUnchanged = known?.fingerprint === found.fingerprint;
    if (looksUnchanged && !isHashed(known.ordinal)) return [{ found, image: known, rank: 0 }];
    // A file that could not be read, and still can't, is as it was.
    const isRetried = looksUnchanged && !byOrdinal.has(known.ordinal);
    if (isRetried && (await files.digestOf(found.path)) === null) return [{ found, image: known, rank: 0 }];
    const candidates: KnownContent[] = [];
    for (const content of found.bytes === null ? [] : (bySize.get(found.bytes) ?? []))
      if (content.ordinal === known?.ordinal || (await isFree(found, content))) candidates.push(content);
    const certain = rereads ? [] : candidates.filter((content) => isSurelySame(found, content));
    // The image of its place may have its content, too. Then that one is not free for another file, so it is this file's.
    const isOwnDoubtful = candidates.some(
      (content) => content.ordinal === known?.ordinal && !certain.includes(content),
    );
    if ((certain.length > 0 && !isOwnDoubtful) || candidates.length === 0)
      return certain.map((image) => matchOf(found, image));
    const digest = await files.digestOf(found.path);
    const equal = digest === null ? certain : candidates.filter((content) => content.digest === digest);
    return equal.map((image) => matchOf(found, image));
  };
  const matches = await pMap(unrecognized, matchesOf, { concurrency: FILES_AT_ONCE });
  const recognized = new Map<string, KnownImage | null>(unrecognized.map(({ found }) => [found.path, null]));
  const taken = new Set<number>();
  for (const { found, image } of matches.flat().sort((a, b) => a.rank - b.rank)) {
    if (recognized.get(found.path) !== null || taken.has(image.ordinal)) continue;
    taken.add(image.ordinal);
    recognized.set(found.path, image);
  }
  return recognized;
};

/** An image that has the content of a found file. Of two matches, the one of lower rank is preferred. */
interface Match {
  readonly found: FoundImage;
  readonly image: KnownImage;
  readonly rank: number;
}

const matchOf = (found: FoundImage, image: KnownContent): Match => {
  const isSamePlace = image.path === found.path;
  const inode = fileStateOf(found.fingerprint)?.inode;
  const isSameFile =
    inode === undefined ? image.fingerprint === found.fingerprint : fileStateOf(image.fingerprint)?.inode === inode;
  const isSameName = fileNameOf(image.path) === fileNameOf(found.path);
  return { found, image, rank: [isSamePlace, isSameFile, isSameName, true].indexOf(true) };
};

/**
 * Whether size and times show that the found file is the image's. The time of the last change of any kind detects a
 * file whose content was replaced and whose modification time was set back.
 */
const isSurelySame = (found: FoundImage, content: KnownContent): boolean => {
  const now = fileStateOf(found.fingerprint);
  const before = fileStateOf(content.fingerprint);
  if (now === null || before === null || now.modified !== before.modified) return false;
  const isSameInode = now.inode === before.inode;
  if (found.path !== content.path) return isSameInode;
  return !isSameInode || now.access !== before.access || before.changed === undefined || now.changed === before.changed;
};
