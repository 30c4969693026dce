import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Contender, indexer } from "./contender.ts";
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

/** Percentages of similarity: the first is the default. */
const PERCENTAGES = ["90", "95", "80"];

const findimagedupes: Contender = {
  name: "findimagedupes",
  standard: null,
  largest: 0,
  run: (pictures, names) =>
    inScratch(async (folder) => {
      const indexOf = indexer(names);
      const groups: Record<string, number[][]> = {};
      let cpuSeconds = 0;
      const database = join(folder, "fingerprints");
      for (const percentage of PERCENTAGES) {
        const command = ["findimagedupes", "-q", "-f", database, "-t", `${percentage}%`, "-R", "--", pictures];
        const finished = await runProgram(folder, command, "");
        // The first run also computes the fingerprints.
        if (cpuSeconds === 0) cpuSeconds = finished.cpuSeconds;
        const lines = finished.stdout.split("\n").filter((line) => line.length > 0);
        groups[`${percentage} %`] = lines.map((line) =>
          line
            .split(` ${pictures}/`)
            .map((path) => path.replace(`${pictures}/`, ""))
            .map(indexOf),
        );
      }
      const { stdout } = await runProgram(folder, ["dpkg-query", "-W", "findimagedupes"], "");
      return { cpuSeconds, version: stdout.trim().replace("\t", " "), pairs: null, groups };
    }),
};

const CzkawkaImages = z.array(z.array(z.object({ path: z.string() })));

/** @param settings largest distances; the first is the default */
const czkawka = (name: string, settings: readonly number[], more: readonly string[]): Contender => ({
  name,
  standard: null,
  largest: 0,
  run: (pictures, names) =>
    inScratch(async (folder) => {
      const indexOf = indexer(names);
      const groups: Record<string, number[][]> = {};
      let cpuSeconds = 0;
      for (const setting of settings) {
        const output = join(folder, `groups-${setting}`);
        const threads = String(availableParallelism());
        // Without -m 1 it leaves small files out. It ends with 11 when it has found something.
        const command = [
          CZKAWKA,
          "image",
          "-d",
          pictures,
          "-T",
          threads,
          "-m",
          "1",
          "-s",
          String(setting),
          ...more,
          "-C",
          output,
        ];
        const finished = await runProgram(folder, command, "", [0, 11]);
        if (cpuSeconds === 0) cpuSeconds = finished.cpuSeconds;
        const found = CzkawkaImages.parse(JSON.parse(await readFile(output, "utf8")));
        groups[`distance ${setting}`] = found.map((group) => group.map(({ path }) => indexOf(path)));
      }
      const { stdout } = await runProgram(folder, [CZKAWKA, "--version"], "");
      return { cpuSeconds, version: stdout.trim().split("\n")[0] ?? "", pairs: null, groups };
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
  czkawka("czkawka", [5, 10, 16], []),
  czkawka("czkawka, turned", [5, 10, 16], ["--geometric-invariance", "mirror-flip-rotate90"]),
  findimagedupes,
  dupeGuru,
];
