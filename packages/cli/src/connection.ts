import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, createClient } from "@lookalike/client";

/** Where the API is and how to get in: what every command needs. */
export interface Connection {
  readonly api: Client;
  readonly address: string;
  readonly headers: Record<string, string>;
}

/** Said to people as it is, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The API of LOOKALIKE_URL with the key of LOOKALIKE_KEY, or that of the quick start's data folder.
 * @throws UsageError where there is no key
 */
export const connect = async (environment: NodeJS.ProcessEnv = process.env): Promise<Connection> => {
  const address = environment["LOOKALIKE_URL"] || "http://127.0.0.1:7373";
  const file = join(environment["LOOKALIKE_DATA"] || ".lookalike", "access-key");
  const key = environment["LOOKALIKE_KEY"] || (await readFile(file, "utf8").catch(() => "")).trim();
  if (key === "")
    throw new UsageError(
      `No access key: set LOOKALIKE_KEY, or LOOKALIKE_DATA to the folder that has one (not ${file}).`,
    );
  const headers = { authorization: `Bearer ${key}` };
  const api = createClient(address);
  api.use({
    onRequest({ request }) {
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
      return request;
    },
  });
  return { api, address, headers };
};
