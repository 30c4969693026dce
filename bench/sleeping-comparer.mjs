// A comparer that sleeps instead of comparing: what scales without the work itself. Plain
// JavaScript, so that sixty of them start at once.
import { setTimeout as sleep } from "node:timers/promises";
import { connectBus } from "@lookalike/shared/bus/connect";
import { publishEvent } from "@lookalike/shared/bus/messages";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { partDigest } from "@lookalike/shared/domain/job/digest";
import { resultId } from "@lookalike/shared/domain/job/event-id";
import { createLogger } from "@lookalike/shared/runtime/log";

const milliseconds = Number(process.env.SLEEP_MS);
const bus = await connectBus(process.env.NATS_URL, `sleeping-${process.pid}`, () => process.exit(1));
const edges = new Uint8Array(0);
await runTasks(bus, {
  kind: "compare",
  concurrency: 1,
  log: createLogger("sleeping-comparer", "error"),
  handle: async (task) => {
    await sleep(milliseconds);
    const id = resultId(task.job, "compare", task.task, task.attempt, "pair-batch-done");
    const body = { task: task.task, comparisons: 0, edgeCount: 0, edges, digest: partDigest(edges) };
    await publishEvent(bus, "pair-batch-done", task, id, { ...body, kernel: "sleep", milliseconds });
  },
});
process.send?.("ready");
process.on("disconnect", () => process.exit(0));
