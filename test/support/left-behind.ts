import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Bus } from "@lookalike/shared/bus/connect";
import { readStream } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { Store } from "@lookalike/shared/store/open";

/** A secret as it may be written: as it is, in a URL, in JSON, in hexadecimal, and in base64 at any place of a longer text. */
const formsOf = (secret: string): string[] => {
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    // The first and the last group of four depend on the bytes beside the secret.
    const text = Buffer.from(" ".repeat(offset) + secret).toString("base64");
    const own = text.slice(offset === 0 ? 0 : 4, -4);
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const hex = Buffer.from(secret).toString("hex");
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...inBase64];
};

/** Writes what other processes have of a system's tables and streams into files of its folder, to be searched with the rest. */
export const dumpInto = async (folder: string, { bus, store }: { bus: Bus; store: Store }): Promise<void> => {
  const { rows: tables } = await store.pool.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  );
  const dumped: unknown[] = [];
  for (const { name } of tables) dumped.push((await store.pool.query(`select ${name}::text as row from ${name}`)).rows);
  for (const stream of Object.values(STREAMS))
    for await (const message of readStream(bus, stream, ">")) dumped.push(message);
  await writeFile(join(folder, "dump.json"), JSON.stringify(dumped));
  await writeFile(join(folder, "processes.txt"), spawnSync("ps", ["-eo", "args"]).stdout);
};

/** The files below a folder that have one of the secrets in any form, as paths below it. */
export const filesWithSecrets = async (folder: string, secrets: readonly string[]): Promise<string[]> => {
  const patterns = `${folder}.patterns`;
  await writeFile(patterns, `${[...new Set(secrets.flatMap(formsOf))].join("\n")}\n`);
  const { stdout, stderr } = spawnSync("grep", ["-rlaF", "-f", patterns, folder], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  await rm(patterns);
  if (stderr !== "") throw new Error(stderr);
  return stdout
    .split("\n")
    .filter((path) => path !== "")
    .map((path) => relative(folder, path))
    .sort();
};
