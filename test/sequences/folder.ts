import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative } from "node:path";
import { promisify } from "node:util";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import type { Operation } from "./operations.ts";
import { isCompanion, type Pictures, withComment } from "./pictures.ts";

const run = promisify(execFile);
const FOLDERS = ["", "a", "b", "b/c", "new"];

/** A folder of pictures that is away: on a disk that is not mounted. */
interface Unmounted {
  readonly place: string;
  readonly at: string;
}

/** The real folder of a sequence, and the places beside it that its files may be moved to. */
export type OwnersFolder = Awaited<ReturnType<typeof makeFolder>>;

/** Writes the first pictures into `base`/pictures. */
export const makeFolder = async (base: string, pictures: Pictures) => {
  let root = join(base, "pictures");
  let awayRoot: string | null = null;
  const awayFolders: Unmounted[] = [];
  /** What content shows: the content of the first file that showed it. */
  const shown = new Map<string, string>();
  let names = 0;
  const newName = (): string => {
    names += 1;
    return String(names);
  };
  for (const [path, bytes] of pictures.first) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  await mkdir(join(base, "elsewhere"));
  const disk = await makeOtherDisk();

  const allFiles = async (): Promise<string[]> =>
    (await filesUnder(root)).map((file) => relative(root, file)).filter((path) => !path.startsWith(ARCHIVE_FOLDER));
  const files = async (): Promise<string[]> => (await allFiles()).filter((path) => !isCompanion(path));
  const contentsOf = async (paths: readonly string[]): Promise<Map<string, string>> =>
    new Map(await Promise.all(paths.map(async (path) => [path, await digestOf(join(root, path))] as const)));
  const pick = async (number: number): Promise<string | null> => {
    const found = await files();
    return found[number % found.length] ?? null;
  };
  const free = async (path: string): Promise<string> =>
    (await exists(join(root, path))) ? join(dirname(path), `other ${newName()}${extname(path)}`) : path;

  const change = async (path: string, operation: Operation): Promise<void> => {
    const file = join(root, path);
    switch (operation.do) {
      case "rename":
        return rename(file, join(dirname(file), `named ${newName()}${extname(file)}`));
      case "touch": {
        const seconds = 1_500_000_000 + Number(newName());
        return utimes(file, seconds, seconds);
      }
      case "chmod":
        return chmod(file, ((await stat(file)).mode & 0o777) === 0o640 ? 0o600 : 0o640);
      case "metadata": {
        const bytes = await readFile(file);
        const changed = withComment(bytes, `rating ${newName()}`);
        if (changed === null) return;
        const before = sha256(bytes);
        shown.set(sha256(changed), shown.get(before) ?? before);
        return writeFile(file, changed);
      }
      case "edit":
        return writeFile(file, pictures.edited[operation.picture % pictures.edited.length] ?? Buffer.alloc(0));
      case "move":
      case "link":
      case "copy": {
        const folder = FOLDERS[operation.folder % FOLDERS.length] ?? "";
        const to = join(root, await free(join(folder, path.slice(path.lastIndexOf("/") + 1))));
        await mkdir(dirname(to), { recursive: true });
        if (operation.do === "move") return rename(file, to);
        if (operation.do === "link") return link(file, to);
        await copyFile(file, to);
        const { atime, mtime } = await stat(file);
        return operation.keepsTimes ? utimes(to, atime, mtime) : undefined;
      }
      case "exchange": {
        const other = join(root, (await pick(operation.other)) ?? path);
        const spare = join(base, "spare");
        await rename(file, spare);
        if (other !== file) await rename(other, file);
        return rename(spare, other);
      }
      default:
        throw new Error(`${operation.do} changes no file`);
    }
  };

  const unmount = async ({ part, folder, leavesEmpty }: Extract<Operation, { do: "unmount" }>): Promise<void> => {
    if (awayRoot !== null) return;
    const at = join(base, `away ${newName()}`);
    if (part === "root") {
      await rename(root, at);
      if (leavesEmpty) await mkdir(root);
      awayRoot = at;
      return;
    }
    const place = FOLDERS[1 + (folder % (FOLDERS.length - 1))] ?? "a";
    if (!(await exists(join(root, place)))) return;
    await rename(join(root, place), at);
    if (leavesEmpty) await mkdir(join(root, place));
    awayFolders.push({ place, at });
  };

  /** Other inodes, the same times: what a copied disk or another kind of mount has. */
  const asCopy = async (at: string): Promise<void> => {
    const original = join(base, "original");
    await rename(at, original);
    await cp(original, at, { recursive: true, preserveTimestamps: true });
    await rm(original, { recursive: true });
  };

  /** @returns whether the root has another path now */
  const remount = async (as: Extract<Operation, { do: "remount" }>["as"]): Promise<boolean> => {
    const at = awayRoot ?? awayFolders[0]?.at ?? null;
    if (at === null) return false;
    if (as === "copy") await asCopy(at);
    if (awayRoot !== null) {
      awayRoot = null;
      const before = root;
      const isFree = await rmdir(root).then(
        () => true,
        ({ code }: NodeJS.ErrnoException) => code === "ENOENT",
      );
      if (as === "another name" || !isFree) root = join(base, `pictures ${newName()}`);
      await rename(at, root);
      return root !== before;
    }
    const { place } = awayFolders.shift() ?? { place: "a" };
    await rmdir(join(root, place)).catch(() => undefined);
    const isFree = as !== "another name" && !(await exists(join(root, place)));
    const to = join(root, isFree ? place : `mounted ${newName()}`);
    await mkdir(dirname(to), { recursive: true });
    await rename(at, to);
    return false;
  };

  /** @returns whether the root has another path now */
  const copyRoot = async (leavesOld: boolean): Promise<boolean> => {
    if (awayRoot !== null) return false;
    const before = root;
    root = join(base, `pictures ${newName()}`);
    await run("cp", ["-a", before, root]);
    if (!leavesOld) await rm(before, { recursive: true });
    return true;
  };

  return {
    base,
    root: () => root,
    /** Where archives go that are not to be in the root: to another folder, or to another disk. */
    elsewhere: join(base, "elsewhere"),
    disk,
    isRootAway: () => awayRoot !== null,
    hasAway: () => awayRoot !== null || awayFolders.length > 0,
    pictureOf: (content: string): string => shown.get(content) ?? content,
    /** The content of each picture in the folder, by its path. */
    contents: async (): Promise<Map<string, string>> => contentsOf(await files()),
    /** The same of every file in it. */
    allContents: async (): Promise<Map<string, string>> => contentsOf(await allFiles()),
    /** How many files have each content: in the folder, in archives and in what is away. */
    everywhere: async (): Promise<Map<string, number>> => {
      const counts = new Map<string, number>();
      for (const file of [...(await filesUnder(base)), ...(await filesUnder(disk))]) {
        if (/\/manifest\.(ndjson|hmac)$/.test(file)) continue;
        const content = await digestOf(file);
        counts.set(content, (counts.get(content) ?? 0) + 1);
      }
      return counts;
    },
    unmount,
    remount,
    copyRoot,
    /** Changes a file of the folder; nothing where it has none. */
    async change(operation: Extract<Operation, { file: number }>): Promise<void> {
      const path = await pick(operation.file);
      if (path !== null) await change(path, operation);
    },
    async remove(): Promise<void> {
      for (const place of [base, disk]) await rm(place, { recursive: true });
    },
  };
};

/** Memory that looks like a disk: on Linux one of its own. */
const OTHER_DISK = "/dev/shm";

const makeOtherDisk = async (): Promise<string> =>
  mkdtemp(join((await exists(OTHER_DISK)) ? OTHER_DISK : tmpdir(), "lookalike-sequence-"));

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
export const digestOf = async (file: string): Promise<string> => sha256(await readFile(file));

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Every file below a folder, in the order of their names; none where it is not there. */
const filesUnder = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []))
    .sort();
