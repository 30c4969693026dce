import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { Companions } from "@lookalike/shared/domain/image/companions";
import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { type Folder, openRoot, pathOf, type SourcePlace } from "@lookalike/shared/sources/folder-handle";
import pMap from "p-map";
import { classifyFile, isImageName } from "./classify.ts";
import { Exclusions, ownRule } from "./exclusions.ts";
import { failedImage, fileImage, refuseRoot } from "./found-file.ts";
import { OpenFolders } from "./open-folders.ts";
import { ListingError } from "./walk.ts";

type DirectorySource = Extract<Source, { kind: "directory" }>;

interface FoundFolder {
  /** Below the root, as text. */
  readonly path: string;
  /** As bytes: not every name is valid UTF-8. */
  readonly name: Buffer;
  /** How many folders are above it, below the root. */
  readonly depth: number;
  /** The rule that excludes what is in it; null = none does. */
  readonly rule: string | null;
  /** The device of the folder above it; null = it is the root. */
  readonly deviceAbove: bigint | null;
}

/** Files whose properties are read at the same time: a network share answers each in a millisecond or more. */
const FILES_AT_ONCE = 16;
const FILES_PER_PART = 1_000;

/**
 * Walks a folder depth first, each folder's names in byte order. Symbolic links are not followed: a
 * link is not a copy, and two paths to one file would make it its own duplicate. Excluded folders are walked, too,
 * because every file is counted. Nothing outside the root is looked at, whatever is exchanged for a link meanwhile.
 * @param tally counts each file under the root
 */
export async function* listDirectory(
  source: DirectorySource,
  root: SourcePlace,
  tally: FileTally,
): AsyncGenerator<FoundImage> {
  const open = new OpenFolders(await openRoot(root).catch(refuseRoot(source.root)));
  try {
    const exclusions = new Exclusions(source);
    const folders: FoundFolder[] = [{ path: "", name: Buffer.alloc(0), depth: 0, rule: null, deviceAbove: null }];
    for (let found = folders.pop(); found !== undefined; found = folders.pop()) {
      tally.looked += 1;
      const { path: above, name: folderName, depth, rule, deviceAbove } = found;
      let folder: Folder;
      let entries: Dirent<Buffer>[];
      let device: bigint;
      try {
        folder = await open.enter(depth, folderName);
        const reading = readdir(folder.path, { withFileTypes: true, encoding: "buffer" });
        [entries, { dev: device }] = await Promise.all([reading, folder.handle.stat({ bigint: true })]);
      } catch (error) {
        if (depth === 0) throw new ListingError(`${source.root}: the folder can't be read (${messageOf(error)})`);
        if (isMissing(error)) continue;
        if (isLink(error)) {
          tally.addNotFile("symbolic link");
          continue;
        }
        tally.nameUnreadable(above, `folder: ${messageOf(error)}`);
        if (rule === null) yield failedImage(above, "unreadable", `folder: ${messageOf(error)}`);
        continue;
      }
      if (rule === null && device !== deviceAbove) tally.addMount(above, String(device));
      entries.sort((a, b) => Buffer.compare(a.name, b.name));
      const named = entries.map((entry) => ({ entry, name: nameOfBytes(entry.name) }));
      const names = named.map(({ name }) => name);
      const outer = ownRule(new Set(names)) ?? rule;
      const companions = new Companions(names);
      const inside: FoundFolder[] = [];
      const files: FoundEntry[] = [];
      for (const { entry, name } of named) {
        const path = above === "" ? name : `${above}/${name}`;
        if (entry.isDirectory())
          inside.push({
            path,
            name: entry.name,
            depth: depth + 1,
            rule: exclusions.ruleOfFolder(path, outer),
            deviceAbove: device,
          });
        else if (entry.isSymbolicLink()) tally.addNotFile("symbolic link");
        else files.push({ path, name, entry, rule: exclusions.ruleOfFile(path, outer) });
      }
      for (let from = 0; from < files.length; from += FILES_PER_PART) {
        const part = files.slice(from, from + FILES_PER_PART);
        const look = (file: FoundEntry) => findImage(folder, file, { svg: source.svg, companions, tally });
        for (const image of await pMap(part, look, { concurrency: FILES_AT_ONCE })) if (image !== null) yield image;
      }
      folders.push(...inside.reverse());
    }
  } finally {
    await open.close();
  }
}

interface FoundEntry {
  readonly path: string;
  readonly name: string;
  readonly entry: Dirent<Buffer>;
  readonly rule: string | null;
}

interface Classifier {
  readonly svg: boolean;
  readonly companions: Companions;
  readonly tally: FileTally;
}

/** Counts an entry of a folder. @returns the image to list; null where it is none, or excluded */
const findImage = async (
  folder: Folder,
  { path, name, entry, rule }: FoundEntry,
  { svg, companions, tally }: Classifier,
): Promise<FoundImage | null> => {
  tally.looked += 1;
  const isNamedImage = isImageName(name, svg);
  const place = pathOf({ folder, name: entry.name });
  if (!entry.isFile()) {
    tally.addNotFile("pipe, socket or device");
    return rule === null && isNamedImage ? readImage(place, path) : null;
  }
  if (rule !== null) {
    tally.addExcluded(rule);
    return null;
  }
  try {
    const found = isNamedImage ? "image" : await classifyFile(place, name, companions);
    if (found !== "image") {
      tally.addUnlisted(path, found.class, found.detail);
      return null;
    }
  } catch (error) {
    if (isMissing(error)) return null;
    tally.addUnlisted(path, "unreadable", messageOf(error));
    return failedImage(path, "unreadable", messageOf(error));
  }
  const image = await readImage(place, path);
  if (image?.failure?.reason === "unreadable") tally.addUnlisted(path, "unreadable", image.failure.detail);
  else if (image !== null) tally.addImage();
  return image;
};

/** The image of a file; null where it was deleted since its folder was read. @param path below the root */
const readImage = async (place: Buffer, path: string): Promise<FoundImage | null> => {
  try {
    return fileImage(path, await lstat(place, { bigint: true }));
  } catch (error) {
    return isMissing(error) ? null : failedImage(path, "unreadable", messageOf(error));
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
/** It is not there any more, or is no folder any more. */
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");
/** A link has taken its place. */
const isLink = (error: unknown): boolean => codeOf(error) === "ELOOP";
