import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Answer, type Contender, indexer } from "./contender.ts";
import { inScratch, readTriples, runProgram } from "./programs.ts";

const script = (name: string): string => fileURLToPath(new URL(`../../rivals/${name}`, import.meta.url));
/** A Python that has imagededup and pdqhash (PyPI), and the program of the crate czkawka_cli. */
const PYTHON = process.env["BENCH_PYTHON"] ?? "python3";
const CZKAWKA = process.env["BENCH_CZKAWKA"] ?? "czkawka_cli";
/** Debian's package has modules of Debian's Python. */
const DEBIANS_PYTHON = "/usr/bin/python3";

const hashing = (name: string, method: string, standard: number, largest: number): Contender => ({
  name,
  standard,
  largest,
  run: async (pictures, names) => {
    const command = (output: string) => [
      PYTHON,
      script("quality_hashes.py"),
      pictures,
      method,
      String(largest),
      output,
    ];
    return { ...(await readTriples(command, names)), groups: null };
  },
});

const dupeGuru: Contender = {
  name: "dupeGuru",
  standard: 5,
  largest: 20,
  run: async (pictures, names) => {
    const command = (output: string) => [DEBIANS_PYTHON, script("quality_dupeguru.py"), pictures, "20", output];
    return { ...(await readTriples(command, names)), groups: null };
  },
};

/** What a program finds with each of its settings; the first is the default. Its first run also computes the hashes, so that one's CPU time counts. */
const groupsBySetting = async (
  settings: readonly string[],
  find: (setting: string) => Promise<{ readonly cpuSeconds: number; readonly groups: number[][] }>,
  label: (setting: string) => string,
): Promise<Pick<Answer, "cpuSeconds" | "pairs" | "groups">> => {
  const groups: Record<string, number[][]> = {};
  let cpuSeconds = 0;
  for (const [at, setting] of settings.entries()) {
    const found = await find(setting);
    if (at === 0) cpuSeconds = found.cpuSeconds;
    groups[label(setting)] = found.groups;
  }
  return { cpuSeconds, pairs: null, groups };
};

const findimagedupes: Contender = {
  name: "findimagedupes",
  standard: null,
  largest: 0,
  run: (pictures, names) =>
    inScratch(async (folder) => {
      const indexOf = indexer(names);
      const database = join(folder, "fingerprints");
      const find = async (percentage: string) => {
        const command = ["findimagedupes", "-q", "-f", database, "-t", `${percentage}%`, "-R", "--", pictures];
        const { cpuSeconds, stdout } = await runProgram(folder, command, "");
        const lines = stdout.split("\n").filter((line) => line.length > 0);
        const groups = lines.map((line) =>
          line
            .split(` ${pictures}/`)
            .map((path) => path.replace(`${pictures}/`, ""))
            .map(indexOf),
        );
        return { cpuSeconds, groups };
      };
      const found = await groupsBySetting(["90", "95", "80"], find, (percentage) => `${percentage} %`);
      const { stdout } = await runProgram(folder, ["dpkg-query", "-W", "findimagedupes"], "");
      return { ...found, version: stdout.trim().replace("\t", " ") };
    }),
};

const CzkawkaImages = z.array(z.array(z.object({ path: z.string() })));

/** @param more arguments */
const czkawka = (name: string, more: readonly string[]): Contender => ({
  name,
  standard: null,
  largest: 0,
  run: (pictures, names) =>
    inScratch(async (folder) => {
      const indexOf = indexer(names);
      const threads = String(availableParallelism());
      const find = async (distance: string) => {
        const output = join(folder, `groups-${distance}`);
        // Without -m 1 it leaves small files out. It ends with 11 when it has found something.
        const options = ["-d", pictures, "-T", threads, "-m", "1", "-s", distance, ...more, "-C", output];
        const { cpuSeconds } = await runProgram(folder, [CZKAWKA, "image", ...options], "", [0, 11]);
        const found = CzkawkaImages.parse(JSON.parse(await readFile(output, "utf8")));
        return { cpuSeconds, groups: found.map((group) => group.map(({ path }) => indexOf(path))) };
      };
      const found = await groupsBySetting(["5", "10", "16"], find, (distance) => `distance ${distance}`);
      const { stdout } = await runProgram(folder, [CZKAWKA, "--version"], "");
      return { ...found, version: stdout.trim().split("\n")[0] ?? "" };
    }),
});

/** The other finders, in the order of the report. */
export const RIVALS: readonly Contender[] = [
  hashing("imagededup pHash", "phash", 10, 24),
  hashing("imagededup dHash", "dhash", 10, 24),
  hashing("imagededup aHash", "ahash", 10, 24),
  hashing("imagededup wHash", "whash", 10, 24),
  hashing("PDQ", "pdq", 31, 90),
  hashing("PDQ, 8 turns", "pdq8", 31, 90),
  czkawka("czkawka", []),
  czkawka("czkawka, turned", ["--geometric-invariance", "mirror-flip-rotate90"]),
  findimagedupes,
  dupeGuru,
];
