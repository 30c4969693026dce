import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { createKey } from "@lookalike/shared/store/access/access-keys";
import { accessKeyFile, claimInstance } from "./instance.ts";

/** The one folder that holds all state of `lookalike start`. */
export type DataFolder = Awaited<ReturnType<typeof openDataFolder>>;

/**
 * Opens the folder for this process alone.
 * @throws OperatorError when it can't be written, or another process uses it
 */
export const openDataFolder = async (path: string) => {
  try {
    // Readable by others: as root, PostgreSQL runs as another user inside it.
    await mkdir(join(path, "logs"), { recursive: true });
    const instance = await claimInstance(path);
    const file = accessKeyFile(path);
    return {
      ...instance,
      path,
      /** The password of its own servers, created once. */
      secret: await readOrCreate(join(path, "secret"), () => randomBytes(24).toString("base64url")),
      /** The owner's access key to the API, created once. */
      accessKey: { key: await readOrCreate(file, createKey), file },
      /** True for the first call in the life of the folder. */
      isFirstStart: () =>
        open(`${file}.shown`, "wx").then(
          (shown) => shown.close().then(() => true),
          () => false,
        ),
    };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `LOOKALIKE_DATA=${path}: the folder can't be used (${messageOf(error)}). Set LOOKALIKE_DATA to one you may write.`,
      EXIT.config,
    );
  }
};

/** A secret in a file that only its owner may read. */
const readOrCreate = async (file: string, create: () => string): Promise<string> => {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    const text = create();
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    return text;
  }
};
