import { readFile } from "node:fs/promises";
import { accessKeyFile, dataFolderPath, readInstance } from "@lookalike/local/instance";
import { DEFAULT_API_PORT } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import type { Command } from "commander";
import { type Client, createClient } from "./client.ts";
import { createOutput, type Output } from "./output.ts";

/** Makes an action of commander from one that also gets a client and its output. */
export type WithClient = <Values extends unknown[]>(
  action: (client: Client, output: Output, ...values: Values) => Promise<void>,
) => (...values: Values) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, withClient: WithClient) => void;

/** Connects each command when it is called. @throws OperatorError where no Lookalike answers */
export const clientFor =
  (program: Command): WithClient =>
  (action) =>
  async (...values) => {
    const { address, key } = await findConnection();
    const output = createOutput(program.opts()["json"] === true);
    const client = createClient(() => address, key);
    await action(client, output, ...values).catch((error: unknown) => {
      if (!isRefused(error)) throw error;
      const message = `No Lookalike answers at ${address}: start it with npm start, or set LOOKALIKE_URL.`;
      throw new OperatorError(message, EXIT.error);
    });
  };

const isRefused = (error: unknown): boolean => error instanceof TypeError && error.message === "fetch failed";

/**
 * Where the API answers, and a key to it: LOOKALIKE_URL and LOOKALIKE_KEY; where one is not set, the
 * data folder's running instance and its key.
 * @throws OperatorError where there is no key, or the folder's Lookalike does not run
 */
const findConnection = async (): Promise<{ readonly address: string; readonly key: string }> => {
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
