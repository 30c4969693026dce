import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type FailureReason, failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { Source } from "@lookalike/shared/domain/job/source";
import { isoOfMilliseconds } from "@lookalike/shared/domain/primitives/encoding";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { type Folder, openRoot, pathOf } from "@lookalike/shared/sources/folder-handle";
import { fingerprintOf, joinPath } from "@lookalike/shared/sources/listed-file";
import { escapesRoot } from "@lookalike/shared/sources/source-roots";
import pMap from "p-map";
import { Companions, classifyFile, isImageName } from "./classify.ts";
import { Exclusions, ownRule } from "./exclusions.ts";
import { NEWLINE } from "./lines.ts";
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
export async function* listDirectory(source: DirectorySource, tally: FileTally): AsyncGenerator<FoundImage> {
  if (source.list !== null) yield* listNamed(source.list, await realRoot(source.root));
  else yield* walkFolder(source, tally);
}

async function* walkFolder(source: DirectorySource, tally: FileTally): AsyncGenerator<FoundImage> {
  const open = new OpenFolders(await openRoot(source.root).catch(refuseRoot(source.root)));
  try {
    const exclusions = new Exclusions(source);
    const folders: FoundFolder[] = [{ path: "", name: Buffer.alloc(0), depth: 0, rule: null, deviceAbove: null }];
    for (let found = folders.pop(); found !== undefined; found = folders.pop()) {
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

/** The files that a list names, in its order, by absolute paths or paths relative to the root. No file outside the root is touched. */
async function* listNamed(list: string, root: Buffer): AsyncGenerator<FoundImage> {
  const text = await readFile(list).catch((error: unknown) => {
    throw new ListingError(`${list}: the list can't be read (${messageOf(error)})`);
  });
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(NEWLINE, from);
    const line = text.subarray(from, end === -1 ? text.length : end);
    from = end === -1 ? text.length : end + 1;
    const name = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    if (name.length > 0) yield* listOne(root, name);
  }
}

const CARRIAGE_RETURN = 0x0d;

async function* listOne(root: Buffer, name: Buffer): AsyncGenerator<FoundImage> {
  // Latin-1 makes each byte one character, also where the name is not valid UTF-8.
  const path = posix.relative(root.toString("latin1"), posix.resolve(root.toString("latin1"), name.toString("latin1")));
  const inside = Buffer.from(path, "latin1");
  const folder = await realpath(joinPath(root, Buffer.from(posix.dirname(path), "latin1")), {
    encoding: "buffer",
  }).catch(() => null);
  const isInside =
    folder !== null &&
    (folder.equals(root) || folder.subarray(0, root.length + 1).equals(joinPath(root, Buffer.alloc(0))));
  if (escapesRoot(path) || path === "" || (folder !== null && !isInside)) {
    yield failedImage(nameOfBytes(name), "unreadable", "not under the root of this source");
  } else if (folder === null) yield failedImage(nameOfBytes(inside), "missing", "there is no such file");
  else {
    const image = await readImage(joinPath(root, inside), nameOfBytes(inside), "missing");
    if (image !== null) yield image;
  }
}

/**
 * @param place where the file is looked at
 * @param path below the root
 * @param missingReason why a file that does not exist is a failed item; null = it is not listed
 */
const readImage = async (
  place: Buffer,
  path: string,
  missingReason: FailureReason | null = null,
): Promise<FoundImage | null> => {
  try {
    const stats = await lstat(place, { bigint: true });
    if (!stats.isFile()) return failedImage(path, "not-a-regular-file", "a pipe, socket or device, not a file");
    return foundImage({
      path,
      fingerprint: fingerprintOf(stats),
      bytes: Number(stats.size),
      modifiedAt: isoOfMilliseconds(Number(stats.mtimeMs)),
    });
  } catch (error) {
    // A file of a folder that was deleted since the folder was read is simply not listed.
    if (!isMissing(error)) return failedImage(path, "unreadable", messageOf(error));
    return missingReason === null ? null : failedImage(path, missingReason, "there is no such file");
  }
};

const failedImage = (path: string, reason: FailureReason, detail: string): FoundImage =>
  foundImage({
    path,
    fingerprint: `failed-${reason}`,
    failure: failureOf(reason, detail),
  });

const realRoot = async (root: string): Promise<Buffer> => {
  try {
    const real = await realpath(rootBytes(root), { encoding: "buffer" });
    if (!(await stat(real)).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
    return real;
  } catch (error) {
    return refuseRoot(root)(error);
  }
};

/** Throws an error of opening a root as a ListingError. */
const refuseRoot =
  (root: string) =>
  (error: unknown): never => {
    switch (codeOf(error)) {
      case "ENOENT":
        throw new ListingError(`${root}: no such folder`);
      case "ENOTDIR":
        throw new ListingError(`${root}: not a folder`);
      default:
        throw new ListingError(`${root}: the folder can't be opened (${messageOf(error)})`);
    }
  };

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
/** It is not there any more, or is no folder any more. */
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");
/** A link has taken its place. */
const isLink = (error: unknown): boolean => codeOf(error) === "ELOOP";
