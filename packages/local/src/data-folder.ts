import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { makeKey } from "@lookalike/shared/store/access/access-keys";

/** The one folder that holds all state of the quick start. */
export interface DataFolder {
  readonly path: string;
  /** Passwords for the servers that the quick start runs, made once. */
  readonly secret: string;
  /** The owner's access key to the API, made once. */
  readonly accessKey: { readonly key: string; readonly file: string };
  /** True the first time it is asked, in the life of the folder. */
  isFirstStart(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Opens the folder for this process alone.
 * @throws OperatorError when it can't be written, or another process uses it
 */
export const openDataFolder = async (path: string): Promise<DataFolder> => {
  const lock = join(path, "lock");
  try {
    // Others may pass through: as root, PostgreSQL runs as another user inside it.
    await mkdir(join(path, "logs"), { recursive: true });
    await acquireLock(lock);
    const file = join(path, "access-key");
    return {
      path,
      secret: await readOrCreate(join(path, "secret"), () => randomBytes(24).toString("base64url")),
      accessKey: { key: await readOrCreate(file, makeKey), file },
      isFirstStart: () =>
        open(`${file}.shown`, "wx").then(
          (shown) => shown.close().then(() => true),
          () => false,
        ),
      release: () => rm(lock, { force: true }),
    };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `LOOKALIKE_DATA=${path}: the folder can't be used (${messageOf(error)}). Set LOOKALIKE_DATA to one you may write.`,
      EXIT.config,
    );
  }
};

const acquireLock = async (lock: string): Promise<void> => {
  try {
    const file = await open(lock, "wx");
    await file.writeFile(`${process.pid}\n`);
    await file.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const owner = Number(await readFile(lock, "utf8"));
    if (await isLookalikeProcess(owner)) {
      throw new OperatorError(
        `${lock}: another Lookalike (process ${owner}) uses this folder. Stop it, or set LOOKALIKE_DATA to another folder.`,
        EXIT.unavailable,
      );
    }
    await rm(lock);
    await acquireLock(lock);
  }
};

/** A process of that number runs the quick start: not one that got the number of a dead one. */
const isLookalikeProcess = async (pid: number): Promise<boolean> => {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // Where there is no /proc, a live process is believed to be ours.
  return readFile(`/proc/${pid}/cmdline`, "utf8").then(
    (command) => command.includes("packages/cli/dist/start"),
    () => process.platform !== "linux",
  );
};

/** A secret kept in a file that only its owner may read. */
const readOrCreate = async (file: string, make: () => string): Promise<string> => {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    const text = make();
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    return text;
  }
};
