import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { ProcessRecord, recordOf, stateOf } from "./processes.ts";

/** The Lookalike that uses a data folder: `instance.json` is the folder's lock, and says where its API answers. */
const Instance = ProcessRecord.extend({
  /** null until the API answers. */
  address: ProcessRecord.shape.started.nullable(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder where a person called the command: `npm run` starts it in the package's own. */
export const callerFolder = (environment: Environment = process.env): string =>
  environment["INIT_CWD"] ?? process.cwd();

/** The folder that holds all state: LOOKALIKE_DATA, else `.lookalike` where the command was called. */
export const dataFolderPath = (environment: Environment = process.env): string =>
  resolve(callerFolder(environment), environment["LOOKALIKE_DATA"] || ".lookalike");

/** The file with the owner's access key. */
export const accessKeyFile = (folder: string): string => join(folder, "access-key");

const instanceFile = (folder: string): string => join(folder, "instance.json");

/** What another process says about the folder; null when none is recorded. */
export const readInstance = async (folder: string) => {
  const instance = await readFile(instanceFile(folder), "utf8")
    .then((text) => Instance.parse(JSON.parse(text)))
    .catch(() => null);
  if (instance === null) return null;
  return { pid: instance.pid, address: instance.address, runs: (await stateOf(instance)) === "runs" };
};

/** Takes the folder for this process. @throws OperatorError when another Lookalike uses it */
export const claimInstance = async (folder: string) => {
  const file = instanceFile(folder);
  const draft = `${file}.${process.pid}`;
  const record = await recordOf(process.pid);
  const write = (address: string | null) =>
    writeFile(draft, `${JSON.stringify({ ...record, address })}\n`, { mode: 0o600 });
  await write(null);
  try {
    // A link appears with its content, so no other process ever reads half a file.
    await link(draft, file);
    await rm(draft);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const owner = await readInstance(folder);
    if (owner?.runs === true && owner.pid !== process.pid) {
      await rm(draft);
      throw new OperatorError(
        `${file}: another Lookalike (process ${owner.pid}) uses this folder. Stop it, or set LOOKALIKE_DATA to another folder.`,
        EXIT.unavailable,
      );
    }
    await rename(draft, file);
  }
  return {
    /** Publishes the API's address to other processes. */
    async announce(address: string) {
      await write(address);
      await rename(draft, file);
    },
    release: () => rm(file, { force: true }),
  };
};
