import { parseArgs } from "node:util";
import { isOver } from "@lookalike/shared/domain/job/job";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { processesWith } from "../support/processes.ts";
import { BREAKS } from "./breaks.ts";
import { HOST_KINDS } from "./hosts/kinds.ts";
import { startHostsStage } from "./hosts/stage.ts";
import type { Kind } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import { startLocalStage } from "./local-stage.ts";
import { recordState } from "./record.ts";
import { type Outcome, recordEffects, runRound } from "./round.ts";
import { type Stage, WAITS } from "./stage.ts";

const USAGE = `pnpm chaos [--hosts] [--rounds 12] [--seed S] [--kind NAME …] [--waits default|short] [--break RULE]

Runs jobs on real servers and two of each service, each with a fault, and checks what must hold afterwards.
  --hosts    seven hosts in network namespaces: three NATS servers, PostgreSQL with a standby, two of each service; needs root,
             and apt-get install iproute2 python3 faketime postgresql
  --rounds   how many, the kinds in turn
  --seed     of everything that is drawn: the same seed does the same again
  --from     the first round's number, to repeat one of an earlier run
  --kind     ${Object.keys(KINDS).join(", ")};
             with --hosts: ${Object.keys(HOST_KINDS).join(", ")}
  --waits    default: what services have by default; short: losses are looked for after 4 seconds
  --break    ${Object.keys(BREAKS).join(", ")}: breaks a rule from outside; the rounds must find it
`;

/** What docs/reliability.md promises. */
const PROMISED_SECONDS = 120;
/** A control that never ends need not be waited for so long. */
const BROKEN_SECONDS = 40;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "12" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    from: { type: "string", default: "0" },
    kind: { type: "string", multiple: true },
    waits: { type: "string", default: "default" },
    hosts: { type: "boolean", default: false },
    break: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const refuse = (problem: string): never => {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(64);
};
const numberOf = (name: "rounds" | "seed" | "from"): number => {
  const number = Number(values[name]);
  return Number.isInteger(number) && number >= 0 ? number : refuse(`--${name} ${values[name]}: must be a whole number`);
};
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const rounds = numberOf("rounds");
const seed = numberOf("seed");
const from = numberOf("from");
const waits = values.waits;
if (!Object.hasOwn(WAITS, waits)) refuse(`--waits ${waits}: no such waits`);
const broken =
  values.break === undefined ? undefined : (BREAKS[values.break] ?? refuse(`--break ${values.break}: no such rule`));
if (broken !== undefined && values.hosts) refuse("--break is for one host");
const names = Object.keys(values.hosts ? HOST_KINDS : KINDS);
const kinds = broken === undefined ? (values.kind ?? shuffled(names, seed)) : [broken.kind];
for (const kind of kinds) if (!names.includes(kind)) refuse(`--kind ${kind}: no such kind`);

function shuffled(names: readonly string[], seed: number): string[] {
  const random = randomWords(seed);
  return names
    .map((name) => ({ name, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name);
}

/** What runs now, or is being started. Its servers have process groups of their own, and would run on. */
let running: Promise<Stage> | null = null;
let isStopping = false;
const stopAndExit = (code: number): void => {
  // A signal may arrive twice: from a terminal, and from whoever started this process.
  if (isStopping) return;
  isStopping = true;
  void Promise.resolve(running)
    .then(
      (stage) => stage?.stop().catch(console.error),
      () => undefined,
    )
    .finally(() => process.exit(code));
};
process.on("SIGINT", () => stopAndExit(130));
process.on("SIGTERM", () => stopAndExit(130));
process.on("uncaughtException", (error) => {
  console.error(error);
  stopAndExit(1);
});

/** Where jobs run, and what may happen to them there. */
interface Mode<On extends Stage> {
  readonly kinds: Readonly<Record<string, Kind<On>>>;
  readonly start: () => Promise<On>;
}

const mode = <On extends Stage>({ kinds, start }: Mode<On>) => ({
  /** A stage, and the groups that the job has without any fault. */
  async open() {
    const starting = start();
    running = starting;
    const stage = await starting;
    await recordEffects(stage);
    const job = await stage.startJob("undisturbed");
    await stage.until(job, isOver, PROMISED_SECONDS);
    const reference = await stage.groups(job);
    await broken?.apply(stage);
    const round = (name: string, roundSeed: number, seconds: number) => {
      const kind = kinds[name] ?? refuse(`--kind ${name}`);
      return runRound(stage, { name, seed: roundSeed, reference, seconds }, kind);
    };
    return { stage, round };
  },
});

const { open: openStage } = values.hosts
  ? mode({ kinds: HOST_KINDS, start: () => startHostsStage(waits as keyof typeof WAITS, seed) })
  : mode({ kinds: KINDS, start: () => startLocalStage(waits as keyof typeof WAITS) });

const closeStage = async (stage: Stage): Promise<string[]> => {
  await stage.stop();
  return processesWith(stage.folder).map(({ command }) => `left running: ${command}`);
};

console.log(
  `seed ${seed}, ${rounds} rounds, ${waits} waits${values.break === undefined ? "" : `, without ${values.break}`}`,
);
const outcomes: Outcome[] = [];
const left: string[] = [];
let open = await openStage();
for (let round = from; round < from + rounds; round += 1) {
  const name = kinds[round % kinds.length] ?? refuse("no kind");
  const { stage } = open;
  const seconds = broken === undefined ? PROMISED_SECONDS : BROKEN_SECONDS;
  const outcome = await open.round(name, (seed * 10_007 + round) >>> 0, seconds);
  outcomes.push(outcome);
  console.log(
    `${round}. ${name}: ${outcome.problems.length === 0 ? `over after ${outcome.seconds.toFixed(1)} s` : outcome.problems.join("; ")}`,
  );
  if (outcome.problems.length > 0) {
    const { folder, streams } = await recordState(stage, `${seed}-${round}`).catch((error: unknown) => ({
      folder: `none (${error})`,
      streams: [],
    }));
    const kindOption = `${values.hosts ? " --hosts" : ""}${values.kind === undefined ? "" : ` --kind ${name}`}`;
    console.log(`   recorded: ${folder}; again: --seed ${seed} --from ${round} --rounds 1${kindOption}`);
    for (const stream of streams) console.log(`   ${stream.slice(0, 1_000)}`);
    left.push(...(await closeStage(open.stage)));
    open = await openStage();
  }
}
left.push(...(await closeStage(open.stage)));

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
console.log(`\n${"kind".padEnd(32)}rounds  survived  seconds: median  worst  repeated tasks: worst`);
for (const name of [...new Set(kinds)].sort()) {
  const of = outcomes.filter(({ kind }) => kind === name);
  if (of.length === 0) continue;
  const seconds = of.map((outcome) => outcome.seconds);
  const survived = of.filter(({ problems }) => problems.length === 0).length;
  console.log(
    [
      name.padEnd(32),
      String(of.length).padStart(6),
      String(survived).padStart(10),
      median(seconds).toFixed(1).padStart(17),
      Math.max(...seconds)
        .toFixed(1)
        .padStart(7),
      String(Math.max(...of.map(({ repeated }) => repeated))).padStart(23),
    ].join(""),
  );
}
for (const problem of left) console.log(problem);
const failed = outcomes.filter(({ problems }) => problems.length > 0);
if (broken === undefined) {
  console.log(`\n${outcomes.length - failed.length} of ${outcomes.length} rounds survived`);
  process.exitCode = failed.length + left.length > 0 ? 1 : 0;
} else {
  const isFound = failed.some(({ problems }) => problems.some((problem) => broken.reason.test(problem)));
  console.log(`\nthe rounds must fail with ${broken.reason}: ${isFound ? "they did" : "they did not"}`);
  process.exitCode = isFound ? 1 : 2;
}
