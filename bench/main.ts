import { parseArgs } from "node:util";
import { EXIT, messageOf } from "@lookalike/shared/runtime/errors";
import { api } from "./api.ts";
import type { Bench } from "./bench.ts";
import { candidateTasks } from "./candidate-tasks.ts";
import { chord } from "./chord.ts";
import { evidencePrice } from "./evidence-price.ts";
import { exhaustive, native } from "./exhaustive.ts";
import { fairness } from "./fairness.ts";
import { features } from "./features.ts";
import { grouping } from "./grouping.ts";
import { memory } from "./hasher-memory.ts";
import { hashing } from "./hashing.ts";
import { incremental } from "./incremental.ts";
import { indexed } from "./indexed.ts";
import { job } from "./job.ts";
import { pipeline } from "./pipeline.ts";
import { pixels } from "./pixels.ts";
import { policies } from "./policies.ts";
import { candidates } from "./quality/candidates.ts";
import { probability } from "./quality/probability.ts";
import { quality } from "./quality/quality.ts";
import { verification } from "./quality/verification.ts";
import { recovery } from "./recovery.ts";
import { redesign } from "./redesign.ts";
import { reference } from "./reference.ts";
import { replay } from "./replay.ts";
import { scale } from "./scale.ts";
import { scaleOut } from "./scale-out.ts";
import { siege } from "./siege.ts";
import { store } from "./store.ts";
import { tracing } from "./tracing.ts";
import { verificationTasks } from "./verification-tasks.ts";

const BENCHES: Record<string, Bench> = {
  api,
  candidates,
  exhaustive,
  native,
  indexed,
  hashing,
  job,
  chord,
  features,
  "candidate-tasks": candidateTasks,
  "evidence-price": evidencePrice,
  fairness,
  grouping,
  incremental,
  memory,
  pipeline,
  pixels,
  policies,
  probability,
  quality,
  recovery,
  redesign,
  reference,
  replay,
  scale,
  "scale-out": scaleOut,
  siege,
  store,
  tracing,
  verification,
  "verification-tasks": verificationTasks,
};

const OPTIONS = {
  help: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  rounds: { type: "string", default: "3" },
  images: { type: "string" },
  // Of the quality bench: which corpus, where it is made, and where the report is written.
  seed: { type: "string" },
  scale: { type: "string" },
  half: { type: "string" },
  folder: { type: "string" },
  report: { type: "string" },
  // Of the hashing bench: which files, with or without features, and against whom.
  files: { type: "string" },
  features: { type: "string" },
  rivals: { type: "string" },
} as const;

const usage = [
  "pnpm bench NAME [--rounds 3] [--images N] [--json]\n",
  ...Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(18)}  ${about}`),
].join("\n");

const parsed = (() => {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    return process.exit(EXIT.usage);
  }
})();
const {
  values: { help, json, rounds, images, ...options },
  positionals: [name],
} = parsed;
const bench = BENCHES[name ?? ""];
if (help || bench === undefined) {
  if (!help && name !== undefined) console.error(`There is no bench ${name}.\n`);
  console.error(usage);
  process.exit(help || name === undefined ? EXIT.ok : EXIT.usage);
}
const rows = await bench.run(
  Number(rounds),
  (text) => console.error(text),
  images === undefined ? undefined : Number(images),
  options,
);
if (json) for (const row of rows) console.log(JSON.stringify(row));
else console.table(rows.map(({ bench: _, ...row }) => row));
process.exit(rows.every(({ met }) => met) ? 0 : 1);
