import { parseArgs } from "node:util";
import { explore } from "./explore.ts";
import { BROKEN, protocolModel } from "./protocol.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "1" },
    "pairs-per-task": { type: "string", default: "1" },
    verifies: { type: "boolean", default: false },
    window: { type: "string", default: "2" },
    attempts: { type: "string", default: "2" },
    faults: { type: "string", default: "2" },
    commands: { type: "string", default: "1" },
    requests: { type: "string", default: "0" },
    failures: { type: "string", default: "1" },
    rewinds: { type: "string", default: "0" },
    break: { type: "string" },
    "split-rounds": { type: "boolean", default: false },
  },
});
const sizes = {
  blocks: Number(values.blocks),
  pairsPerTask: Number(values["pairs-per-task"]),
  verifies: values.verifies,
  window: Number(values.window),
  maxAttempts: Number(values.attempts),
  faults: Number(values.faults),
  commands: Number(values.commands),
  requests: Number(values.requests),
  failures: Number(values.failures),
  rewinds: Number(values.rewinds),
  splitsRounds: values["split-rounds"],
};
const broken = values.break;
if (broken !== undefined && !Object.hasOwn(BROKEN, broken)) {
  console.error(`--break ${broken}: must be one of ${Object.keys(BROKEN).join(", ")}`);
  process.exit(64);
}
const rules = broken === undefined ? {} : BROKEN[broken as keyof typeof BROKEN];
const started = performance.now();
const { violation, ...counts } = explore(protocolModel(sizes, rules));
console.log(JSON.stringify({ ...sizes, ...counts, seconds: Math.round((performance.now() - started) / 100) / 10 }));
if (violation !== null) {
  console.log(`\n${violation.reason}, after:\n${violation.trace.map((step, at) => `${at + 1}. ${step}`).join("\n")}`);
  process.exitCode = 1;
}
