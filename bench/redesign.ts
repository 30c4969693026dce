import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { temporaryFolder } from "../test/support/folders.ts";
import { writeHashes } from "../test/support/hashes.ts";
import { messagesOf } from "../test/support/messages.ts";
import { connectTo } from "../test/support/servers.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";
import { median, percentile } from "./statistics.ts";

const IMAGES = 96_144;
const MB = 1_000_000;
/** What the old system put into Redis for the same job. */
const OLD_BYTES = 50_000 * MB;

const CASES: Record<string, Partial<JobOptions>> = {
  "waves, 50 pairs": { dispatch: "waves", kernel: "exhaustive" },
  "window, 50 pairs": { dispatch: "window", kernel: "exhaustive" },
  "all, 50 pairs": { dispatch: "all", kernel: "exhaustive" },
  "window, 500 pairs": { dispatch: "window", pairsPerTask: 500, kernel: "exhaustive" },
};

interface Reading {
  readonly seconds: number;
  readonly messages: number;
  readonly bytes: number;
  readonly largestMessage: number;
  readonly coordinatorRss: number;
  readonly turnaroundMs: readonly number[];
}

/** The redesign's 96,144 images with each of its options, beside its own recommendation, the waves. */
export const redesign: Bench = {
  about: `${IMAGES} hashes with each dispatch option of the redesign, beside its waves`,
  async run(rounds, say) {
    const { path: folder, remove } = await temporaryFolder();
    const file = join(folder, "hashes.ndjson");
    await writeHashes(file, { images: IMAGES, bits: 256, seed: 1, copiesPerThousand: 60 });
    const readings = new Map<string, Reading[]>(Object.keys(CASES).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, options] of Object.entries(CASES)) {
        const reading = await measure(file, options);
        readings.get(name)?.push(reading);
        say(
          `round ${round + 1}: ${name}: ${reading.seconds.toFixed(1)} s, ${(reading.bytes / MB).toFixed(1)} MB in ${reading.messages} messages`,
        );
      }
    }
    await remove();
    const of = (name: string, pick: (reading: Reading) => number): number =>
      median((readings.get(name) ?? []).map(pick));
    const rows: Row[] = [];
    for (const name of Object.keys(CASES)) {
      const row = (
        what: string,
        unit: string,
        pick: (reading: Reading) => number,
        theirs?: [string, number],
        goal: number | null = null,
      ) =>
        rows.push(
          costRow({
            bench: "redesign",
            case: `${name}: ${what}`,
            ours: of(name, pick),
            rival: theirs?.[0] ?? "waves",
            theirs: theirs?.[1] ?? of("waves, 50 pairs", pick),
            unit,
            goal,
          }),
        );
      row("wall time", "s", ({ seconds }) => seconds);
      row("messages", "messages", ({ messages }) => messages);
      row("bytes in streams", "MB", ({ bytes }) => bytes / MB, ["limit", 30], 1);
      row("bytes in streams", "MB", ({ bytes }) => bytes / MB, ["the old system", OLD_BYTES / MB]);
      row("largest message", "kB", ({ largestMessage }) => largestMessage / 1_000);
      row("coordinator's peak RSS", "MB", ({ coordinatorRss }) => coordinatorRss / MB, ["limit", 200], 1);
      row("task turnaround p50", "ms", ({ turnaroundMs }) => percentile(turnaroundMs, 0.5));
      row("task turnaround p99", "ms", ({ turnaroundMs }) => percentile(turnaroundMs, 0.99));
    }
    return rows;
  },
};

const measure = async (file: string, options: Partial<JobOptions>): Promise<Reading> => {
  const system = await startSystem();
  try {
    const started = performance.now();
    const job = await system.run({ kind: "hashes", file }, options, "redesign", 600);
    const seconds = (performance.now() - started) / 1_000;
    const tasks = options.pairsPerTask === 500 ? 149 : 1_487;
    if (job.totalBlocks !== 385 || job.totalBlockPairs !== 74_305 || job.completedTasks !== tasks) {
      throw new Error(`not the redesign's numbers: ${JSON.stringify(job)}`);
    }
    const status = await readFile(`/proc/${system.services.pid("coordinator")}/status`, "utf8");
    const coordinatorRss = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1_024;
    return { seconds, coordinatorRss, ...(await readStreams(system.servers.environment)) };
  } finally {
    await system.stop();
  }
};

const readStreams = async (
  environment: Record<string, string>,
): Promise<Omit<Reading, "seconds" | "coordinatorRss">> => {
  const { bus, close } = await connectTo(environment);
  let messages = 0;
  let bytes = 0;
  let largestMessage = 0;
  const sent = new Map<number, number>();
  const turnaroundMs: number[] = [];
  for (const stream of Object.values(STREAMS)) {
    const { state } = await bus.jsm.streams.info(stream);
    messages += state.messages;
    bytes += state.bytes;
    for await (const message of messagesOf(bus, stream)) {
      largestMessage = Math.max(largestMessage, message.data.length);
      const at = message.info.timestampNanos / 1e6;
      if (message.subject.startsWith("lookalike.task.compare.")) sent.set(message.json<{ task: number }>().task, at);
      if (!message.subject.endsWith(".pair-batch-done")) continue;
      const from = sent.get(message.json<{ body: { task: number } }>().body.task);
      if (from !== undefined) turnaroundMs.push(at - from);
    }
  }
  await close();
  return { messages, bytes, largestMessage, turnaroundMs };
};
