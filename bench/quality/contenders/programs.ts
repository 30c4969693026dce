import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { FoundPairs } from "../pairs.ts";
import { cpuSecondsOfChildren } from "./cpu-seconds.ts";

/** Runs work with a temporary folder, which is also the home of programs, so that no cache of an earlier run helps. */
export const inScratch = async <Result>(work: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-rival-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

interface Finished {
  readonly cpuSeconds: number;
  readonly stdout: string;
}

/** @param wellDone exit codes that are no error @throws where the program is missing or fails */
export const runProgram = async (
  home: string,
  [program = "", ...args]: readonly string[],
  input: string,
  wellDone: readonly number[] = [0],
): Promise<Finished> => {
  const before = cpuSecondsOfChildren();
  const child = spawn(program, args, {
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const closed = once(child, "close") as Promise<[number | null]>;
  // A program that ends early does not read its input; its exit code says why.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (code === null || !wellDone.includes(code)) throw new Error(`${program}: ${code}: ${stderr.slice(-500)}`);
  return { cpuSeconds: cpuSecondsOfChildren() - before, stdout };
};

const Reading = z.object({ version: z.string() });

/** Runs a program that writes triples (two indices of names, and a distance) into a file. */
export const readTriples = (
  command: (output: string) => readonly string[],
  names: readonly string[],
): Promise<z.infer<typeof Reading> & { readonly cpuSeconds: number; readonly pairs: FoundPairs }> =>
  inScratch(async (folder) => {
    const output = join(folder, "pairs");
    const { stdout, cpuSeconds } = await runProgram(folder, command(output), names.join("\n"));
    const bytes = await readFile(output);
    const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const column = (at: number): Uint32Array => words.filter((_, index) => index % 3 === at);
    return {
      ...Reading.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")),
      cpuSeconds,
      pairs: { a: column(0), b: column(1), distance: column(2), kinds: null },
    };
  });
