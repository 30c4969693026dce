import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLogFields } from "@lookalike/shared/runtime/log";
import { activeTraceparent, inSpan } from "@lookalike/shared/runtime/tracing";
import { writeHashes } from "../test/support/hashes.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow } from "./bench.ts";
import { median } from "./statistics.ts";

const CALLS = 200_000;
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const IMAGES = 10_000;
/** What tracing adds to a task when it is off must not show. */
const GOAL = 200;

/** What tracing costs a task while nothing is configured, against the task itself. */
export const tracing: Bench = {
  about: "spans and log fields of a task with tracing off, against the task through the services",
  async run(rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    await writeHashes(file, { images, bits: 256, seed: 3, copiesPerThousand: 20 });
    const ours: number[] = [];
    const theirs: number[] = [];
    try {
      for (let round = 0; round < rounds; round += 1) {
        ours.push((await spanned()) - (await bare()));
        theirs.push(await taskMicroseconds(file));
        say(`tracing off: ${ours.at(-1)?.toFixed(2)} µs of a task's ${theirs.at(-1)?.toFixed(0)} µs`);
      }
    } finally {
      await rm(file, { force: true });
    }
    return [
      costRow({
        bench: "tracing",
        case: "tracing and log fields, not configured",
        ours: median(ours),
        rival: "a task, from dispatch to projection",
        theirs: median(theirs),
        unit: "µs",
        goal: GOAL,
      }),
    ];
  },
};

const perCall = async (call: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  for (let at = 0; at < CALLS; at += 1) await call();
  return ((performance.now() - started) * 1_000) / CALLS;
};

const nothing = async (): Promise<void> => undefined;
const bare = (): Promise<number> => perCall(nothing);
const spanned = (): Promise<number> =>
  perCall(() =>
    inSpan("compare task", { kind: "consumer", parent: PARENT, attributes: { "lookalike.task": 1 } }, () =>
      withLogFields({ job: "job", kind: "compare", task: 1, attempt: 0 }, async () => {
        activeTraceparent();
      }),
    ),
  );

/** Wall time of a small comparison task in a job of many, in microseconds. */
const taskMicroseconds = async (file: string): Promise<number> => {
  const system = await startSystem();
  try {
    const started = performance.now();
    const options = { blockSize: 100, pairsPerTask: 4, kernel: "exhaustive" } as const;
    const { completedTasks } = await system.run({ kind: "hashes", file }, options, "tracing", 300);
    return ((performance.now() - started) * 1_000) / completedTasks;
  } finally {
    await system.stop();
  }
};
