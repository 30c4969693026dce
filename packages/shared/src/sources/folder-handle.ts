import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { type FileHandle, lstat, mkdir, open, realpath } from "node:fs/promises";
import { bytesOfName } from "../domain/image/file-name.ts";
import { rootBytes } from "../domain/primitives/root-path.ts";
import { joinPath } from "./listed-file.ts";

/**
 * Whether names can be resolved through an open folder: Linux leads from `/proc/self/fd/N` to the folder that is open,
 * wherever its path leads by now. Node has no openat(2); this is the same. Elsewhere paths are checked by realpath, which
 * does not see a folder that is exchanged for a link at that moment.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 */
const HAS_HANDLES = process.platform === "linux" && existsSync("/proc/self/fd");

/** Linux: a handle that only names the folder, which needs no permission to read it. Node does not export it. */
const O_PATH = 0o10_000_000;
const BELOW = constants.O_DIRECTORY | constants.O_NOFOLLOW | (HAS_HANDLES ? O_PATH : constants.O_RDONLY);
/** A root may be a link: what it leads to is the root. */
const ROOT = BELOW & ~constants.O_NOFOLLOW;
/** Flags to read a file by: without blocking, so that a pipe under an image's name cannot hang its reader; and no link is followed. */
export const READ_FILE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const BYTES = { encoding: "buffer" } as const;

const SLASH = 0x2f;

/**
 * The names that a path below a root consists of; null where it could lead elsewhere: an empty, absolute or
 * unfinished path, `.`, `..`, or a NUL.
 */
export const namesOfPath = (path: Buffer): Buffer[] | null => {
  if (path.includes(0)) return null;
  const names: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const slash = path.indexOf(SLASH, from);
    const end = slash === -1 ? path.length : slash;
    const name = path.subarray(from, end);
    if (name.length === 0 || name.equals(DOT) || name.equals(DOT_DOT)) return null;
    names.push(name);
    from = end + 1;
  }
  return names;
};
const DOT = Buffer.from(".");
const DOT_DOT = Buffer.from("..");

/** Where a folder or file of a source is: names below a folder that the operator trusts. None of them may be a link. */
export interface SourcePlace {
  /** A path, or a file URL where that is not UTF-8. */
  readonly root: string;
  /** Names below the root, encoded as those of images are; empty for the root itself. */
  readonly below: string;
}

/** A folder that is held open. */
export interface Folder {
  readonly handle: FileHandle;
  /** A name in it is reached by this path and the name. */
  readonly path: Buffer;
}

/** A name in a folder that is held open: the file itself may not exist. */
export interface Place {
  readonly folder: Folder;
  readonly name: Buffer;
}

/** The path that leads to a place, for calls that take one. It is valid while the folder is open. */
export const pathOf = ({ folder, name }: Place): Buffer => joinPath(folder.path, name);

const handlePath = (fd: number, path: Buffer): Buffer => (HAS_HANDLES ? Buffer.from(`/proc/self/fd/${fd}`) : path);

/**
 * Opens the folder of a source. Its root may be a link, and no name below that. The caller closes its handle.
 * @throws ELOOP where a link is on the way, EINVAL where the names could lead elsewhere
 */
export const openRoot = async ({ root, below }: SourcePlace): Promise<Folder> => {
  const place = HAS_HANDLES ? rootBytes(root) : await realpath(rootBytes(root), BYTES);
  const handle = await open(place, ROOT);
  const folder = { handle, path: handlePath(handle.fd, place) };
  if (below === "") return folder;
  return withPlace(folder, bytesOfName(below), (last) => openBelow(last.folder, last.name)).finally(() =>
    handle.close(),
  );
};

/** Works with the folder of a source while it is open. @throws as {@link openRoot} */
export const withRoot = async <Result>(
  source: SourcePlace,
  work: (folder: Folder) => Promise<Result>,
): Promise<Result> => {
  const folder = await openRoot(source);
  return work(folder).finally(() => folder.handle.close());
};

/** Opens a folder in a folder. @throws ELOOP where a link has its name */
export const openBelow = async (folder: Folder, name: Buffer): Promise<Folder> => {
  const place = joinPath(folder.path, name);
  const handle = await open(place, BELOW).catch(async (error: unknown) => {
    if (isNoFolder(error) && isExchangeable(await lstat(place))) throw linkError(name);
    throw error;
  });
  if (HAS_HANDLES || (await realpath(place, BYTES)).equals(place))
    return { handle, path: handlePath(handle.fd, place) };
  await handle.close();
  throw linkError(name);
};

/** What a new folder is like. */
export interface FolderMode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Opens a folder in a folder, and creates it where there is none, as the mode says. */
export const openOrCreateBelow = async (
  folder: Folder,
  name: Buffer,
  { mode, uid, gid }: FolderMode,
): Promise<Folder & { readonly isNew: boolean }> => {
  const isNew = await mkdir(joinPath(folder.path, name), { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  const opened = await openBelow(folder, name);
  if (!isNew) return { ...opened, isNew };
  try {
    const readable = await open(joinPath(opened.path, DOT), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      // Only root may give a folder to another user.
      await readable.chown(uid, gid).catch(() => undefined);
      await readable.chmod(mode | 0o700);
    } finally {
      await readable.close();
    }
    return { ...opened, isNew };
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
};

/**
 * Opens the folder of a path below a root, one name at a time, and works with the place that the path names.
 * @param step opens each folder of the path in the one above it; by default the folder must exist
 * @throws ELOOP where a link is on the way, EINVAL where the path could lead elsewhere
 */
export const withPlace = async <Result>(
  root: Folder,
  path: Buffer,
  work: (place: Place) => Promise<Result>,
  step: (above: Folder, name: Buffer, path: readonly Buffer[]) => Promise<Folder> = openBelow,
): Promise<Result> => {
  const names = namesOfPath(path);
  const name = names?.pop();
  if (names === null || name === undefined) throw pathError(path);
  let folder = root;
  try {
    for (const [depth, below] of names.entries()) {
      const next = await step(folder, below, names.slice(0, depth + 1));
      if (folder !== root) await folder.handle.close();
      folder = next;
    }
    return await work({ folder, name });
  } finally {
    if (folder !== root) await folder.handle.close();
  }
};

/** What the system says of a place. A link is not followed. */
export const lstatAt = (place: Place): Promise<BigIntStats> => lstat(pathOf(place), { bigint: true });

/** Opens the file at a place for reading. @throws ELOOP where a link has its name */
export const openFileAt = (place: Place): Promise<FileHandle> => open(pathOf(place), READ_FILE);

/** Opens a file below a source's folder for reading. The caller closes it. @throws as {@link withPlace} and {@link openFileAt} */
export const openFileBelow = (source: SourcePlace, path: Buffer): Promise<FileHandle> =>
  withRoot(source, (folder) => withPlace(folder, path, openFileAt));

/** As {@link openFileBelow}, for worker threads that have nothing else to do. @returns a file descriptor */
export const openFileBelowSync = ({ root, below: source }: SourcePlace, path: Buffer): number => {
  const names = namesOfPath(joinPath(bytesOfName(source), path));
  const last = names?.pop();
  if (names === null || last === undefined) throw pathError(path);
  let place: Buffer = HAS_HANDLES ? rootBytes(root) : realpathSync.native(rootBytes(root), BYTES);
  let folder = openSync(place, ROOT);
  try {
    place = handlePath(folder, place);
    for (const name of names) {
      const below = joinPath(place, name);
      const next = openBelowSync(below, name);
      closeSync(folder);
      folder = next;
      place = handlePath(folder, below);
    }
    const file = joinPath(place, last);
    if (!HAS_HANDLES && !realpathSync.native(place, BYTES).equals(place)) throw linkError(last);
    return openSync(file, READ_FILE);
  } finally {
    closeSync(folder);
  }
};

const openBelowSync = (place: Buffer, name: Buffer): number => {
  try {
    return openSync(place, BELOW);
  } catch (error) {
    if (isNoFolder(error) && isExchangeable(lstatSync(place))) throw linkError(name);
    throw error;
  }
};

/** With O_DIRECTORY, a link is reported as what it is not. */
const isNoFolder = (error: unknown): boolean =>
  ["ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "");

/** What could not be opened as a folder was a link, also if it is a folder by now. */
const isExchangeable = (stats: Stats): boolean => stats.isSymbolicLink() || stats.isDirectory();

const linkError = (name: Buffer): Error =>
  Object.assign(new Error(`${name.toString()} is a link, which is not followed`), { code: "ELOOP" });

const pathError = (path: Buffer): Error =>
  Object.assign(new Error(`${JSON.stringify(path.toString())} is not a path below a folder`), { code: "EINVAL" });
