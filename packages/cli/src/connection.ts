import { readFile } from "node:fs/promises";
import { accessKeyFile, dataFolderPath, readInstance } from "@lookalike/local/instance";
import { DEFAULT_API_PORT } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

/**
 * Where the API answers, and a key to it: LOOKALIKE_URL and LOOKALIKE_KEY; where one is not set, the
 * data folder's running instance and its key.
 * @throws OperatorError where there is no key, or the folder's Lookalike does not run
 */
export const findConnection = async (): Promise<{ readonly address: string; readonly key: string }> => {
  const folder = dataFolderPath();
  return {
    address: process.env["LOOKALIKE_URL"] || (await instanceAddress(folder)),
    key: process.env["LOOKALIKE_KEY"] || (await readKey(accessKeyFile(folder))),
  };
};

const instanceAddress = async (folder: string): Promise<string> => {
  const instance = await readInstance(folder);
  if (instance === null) return `http://127.0.0.1:${DEFAULT_API_PORT}`;
  const { pid, runs, address } = instance;
  if (runs && address !== null) return address;
  const problem = runs
    ? "is starting. Try again in a moment."
    : "does not run any more. Start it with npm start, or set LOOKALIKE_URL.";
  throw new OperatorError(`${folder}: its Lookalike (process ${pid}) ${problem}`, EXIT.error);
};

const readKey = async (file: string): Promise<string> => {
  const key = (await readFile(file, "utf8").catch(() => "")).trim();
  if (key !== "") return key;
  throw new OperatorError(
    `No access key: set LOOKALIKE_KEY, or LOOKALIKE_DATA to the folder that has one (not ${file}).`,
    EXIT.error,
  );
};
