import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { HashSet } from "./hash-sets.ts";

const run = promisify(execFile);
const rivals = (name: string): string => fileURLToPath(new URL(`./rivals/${name}`, import.meta.url));
/** Debian's python3-faiss is a module of Debian's Python, not of another one that may come first on the PATH. */
const PYTHON = "/usr/bin/python3";

const Reading = z.object({ seconds: z.number(), pairs: z.int(), configuration: z.string().default("") });
export type Reading = z.infer<typeof Reading>;

/** Programs in other languages that join the hashes of a file. */
export class Rivals {
  readonly #folder = mkdtempSync(join(tmpdir(), "lookalike-rivals-"));

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  faiss(set: HashSet, bits: number, radius: number, kind: "flat" | "multi"): Promise<Reading> {
    return this.#read(set, (file) => [PYTHON, rivals("faiss_join.py"), file, String(bits), String(radius), kind]);
  }

  /** The C program that only counts. */
  limit(set: HashSet, bits: number, radius: number): Promise<Reading> {
    const program = join(this.#folder, "limit");
    execFileSync("cc", ["-O3", "-march=native", rivals("limit.c"), "-o", program]);
    return this.#read(set, (file) => [program, file, String(bits), String(radius)]);
  }

  async #read({ hashes }: HashSet, command: (file: string) => string[]): Promise<Reading> {
    const file = join(this.#folder, "hashes");
    await writeFile(file, hashes);
    const [program = "", ...args] = command(file);
    const { stdout } = await run(program, args);
    return Reading.parse(JSON.parse(stdout));
  }
}
