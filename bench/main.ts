import { parseArgs } from "node:util";
import { pipeline } from "./pipeline.ts";
import { redesign } from "./redesign.ts";
import type { Row } from "./row.ts";

/** A benchmark: runs ours and its rival in turn, `rounds` times, and gives the medians. */
export interface Bench {
  readonly about: string;
  run(rounds: number, say: (text: string) => void): Promise<Row[]>;
}

const BENCHES: Record<string, Bench> = { pipeline, redesign };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "3" } },
});
const [name] = positionals;
const bench = BENCHES[name ?? ""];
if (bench === undefined) {
  console.error("pnpm bench NAME [--rounds 3] [--json]\n");
  for (const [known, { about }] of Object.entries(BENCHES)) console.error(`  ${known.padEnd(12)}${about}`);
  process.exit(name === undefined ? 0 : 64);
}
const rows = await bench.run(Number(values.rounds), (text) => console.error(text));
if (values.json) for (const row of rows) console.log(JSON.stringify(row));
else console.table(rows.map(({ bench: _, ...row }) => row));
process.exit(rows.every(({ met }) => met) ? 0 : 1);
