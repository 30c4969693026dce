import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const rivals = (name: string): string => fileURLToPath(new URL(`./rivals/${name}`, import.meta.url));
/** A Python that has imagededup (PyPI), and the program of the crate czkawka_cli. */
const PYTHON = process.env["BENCH_PYTHON"] ?? "python3";
const CZKAWKA = process.env["BENCH_CZKAWKA"] ?? "czkawka_cli";

/** How long another duplicate finder takes for a folder; `hashing` only where it says so itself. */
interface ToolReading {
  readonly seconds: number;
  readonly hashing: number | null;
}

type Tool = (folder: string, threads: number) => Promise<ToolReading>;

const Imagededup = z.object({ seconds: z.number(), hashing: z.number() });

/** Runs with a home of its own, so that no cache of an earlier run helps. */
const timed = async (command: string, args: readonly string[], wellDone: readonly number[] = [0]) => {
  const home = await mkdtemp(join(tmpdir(), "lookalike-home-"));
  const started = performance.now();
  try {
    const { stdout } = await run(command, [...args], {
      env: { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
      maxBuffer: 2 ** 28,
    }).catch((error: { code?: unknown; stdout?: string }) => {
      if (typeof error.code === "number" && wellDone.includes(error.code)) return { stdout: error.stdout ?? "" };
      throw error;
    });
    return { seconds: (performance.now() - started) / 1_000, stdout };
  } finally {
    await rm(home, { recursive: true });
  }
};

export const TOOLS: Record<string, Tool> = {
  "imagededup pHash": async (folder, threads) => {
    const { stdout } = await timed(PYTHON, [rivals("imagededup_job.py"), folder, String(threads)]);
    return Imagededup.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  },
  czkawka_cli: async (folder, threads) => {
    // It ends with 11 when it has found something; without -m it would leave small files out.
    const { seconds } = await timed(CZKAWKA, ["image", "-d", folder, "-T", String(threads), "-m", "1"], [0, 11]);
    return { seconds, hashing: null };
  },
  findimagedupes: async (folder) => {
    const { seconds } = await timed("findimagedupes", ["-R", "-q", "--", folder]);
    return { seconds, hashing: null };
  },
};
