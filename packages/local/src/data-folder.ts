import { createHash, randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { addSecret } from "@lookalike/shared/runtime/redact";
import { createKey } from "@lookalike/shared/store/access/access-keys";
import { accessKeyFile, claimInstance } from "./instance.ts";
import { endLeftovers } from "./leftovers.ts";

/** The one folder that holds all state of `lookalike start`. */
export type DataFolder = Awaited<ReturnType<typeof openDataFolder>>;

/**
 * Opens the folder for this process alone, closes it to other users, and ends what a killed start left running in it.
 * @param report gets a line when the folder was open to other users
 * @throws OperatorError when it can't be written, another process uses it, or it holds other things
 */
export const openDataFolder = async (folder: string, report: (text: string) => void = () => undefined) => {
  let release: (() => Promise<void>) | null = null;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = await realpath(folder);
    await requireOurs(path);
    if ((await stat(path)).mode & OTHERS) {
      await closeToOthers(path);
      report(`${folder} was open to other users of this machine. Now it is closed to them.`);
    }
    const instance = await claimInstance(path);
    release = instance.release;
    const tag = await tagOf(path);
    await endLeftovers(tag);
    await mkdir(join(path, "logs"), { recursive: true, mode: 0o700 });
    const file = accessKeyFile(path);
    const secret = await readOrCreate(join(path, "secret"), () => randomBytes(24).toString("base64url"));
    return {
      ...instance,
      path,
      /** In the command line of each process that belongs to the folder. */
      tag,
      /** The password of its own servers, created once. */
      secret,
      /** Seals what the tables may not contain as it is, created once. */
      sealingKey: await readOrCreate(join(path, "sealing-key"), () => randomBytes(32).toString("base64")),
      /** The owner's access key to the API, created once. */
      accessKey: { key: await readOrCreate(file, createKey), file },
      /** True for the first call in the life of the folder. */
      isFirstStart: () =>
        open(`${file}.shown`, "wx", 0o600).then(
          (shown) => shown.close().then(() => true),
          () => false,
        ),
    };
  } catch (error) {
    await release?.();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `LOOKALIKE_DATA=${folder}: the folder can't be used (${messageOf(error)}). Set LOOKALIKE_DATA to one you may write.`,
      EXIT.config,
    );
  }
};

const OTHERS = 0o077;

/** Files that a start creates first. */
const OURS = /^(secret|access-key|instance\.json)/;

/** A folder of other things is never closed to others: it may be /tmp. */
const requireOurs = async (folder: string): Promise<void> => {
  const names = await readdir(folder);
  if (names.length === 0 || names.some((name) => OURS.test(name))) return;
  const free = join(folder, "lookalike");
  throw new OperatorError(
    `LOOKALIKE_DATA=${folder}: the folder holds other things. Set LOOKALIKE_DATA to a new folder, as ${free}.`,
    EXIT.config,
  );
};

/** Takes every right of group and others from a folder and all in it. Links are not followed. */
const closeToOthers = async (path: string): Promise<void> => {
  const found = await lstat(path);
  if (!found.isDirectory() && !found.isFile()) return;
  if (found.mode & OTHERS) await chmod(path, found.mode & 0o700);
  if (found.isDirectory()) for (const name of await readdir(path)) await closeToOthers(join(path, name));
};

/** The same for as long as the folder exists, wherever it is moved; another one for a copy of it. */
const tagOf = async (folder: string): Promise<string> => {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `lookalike-${createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 16)}`;
};

/** A secret in a file that only its owner may read. It is in no message of this process. */
export const readOrCreate = async (file: string, create: () => string): Promise<string> => {
  const secret = await readOrWrite(file, create);
  addSecret(secret);
  return secret;
};

/** A full disk leaves no empty file. */
const readOrWrite = async (file: string, create: () => string): Promise<string> => {
  const known = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (known.trim() !== "") return known.trim();
  const text = create();
  const unfinished = `${file}.unfinished`;
  try {
    await writeFile(unfinished, `${text}\n`, { mode: 0o600, flush: true });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return text;
};
