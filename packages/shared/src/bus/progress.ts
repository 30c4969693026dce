import { z } from "zod";
import { partitionOf } from "../domain/job/partition.ts";
import { Envelope } from "../domain/job/task.ts";
import { unreadableMessages } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

/** How many images a worker has hashed of a block that is not done. */
const BlockProgress = z.object({ job: Envelope.shape.job, block: z.int().min(0), images: z.int().min(0) });
export type BlockProgress = z.infer<typeof BlockProgress>;

/**
 * Publishes how far a block is. Only people read it, so it is plain NATS without a stream: the next
 * message, or the block's own event, replaces a lost one.
 */
export const publishProgress = (bus: Bus, tenant: string, progress: BlockProgress): void =>
  bus.connection.publish(
    `lookalike.progress.${partitionOf(progress.job)}.${tenant}.${progress.job}`,
    JSON.stringify(progress),
  );

/** More bytes than any report of progress has. */
const MAX_BYTES = 256;
/** Messages that wait to be read. What comes above that is dropped: later reports say the same and more. */
const MAX_WAITING = 10_000;

/**
 * Collects every worker's progress until the connection closes. A message that arrives costs next to nothing, whatever
 * is in it and however many there are: it is read by `take`.
 */
export const subscribeProgress = (bus: Bus) => {
  let waiting: string[] = [];
  bus.connection.subscribe("lookalike.progress.>", {
    callback: (error, message) => {
      if (error === null && message.data.length <= MAX_BYTES && waiting.length < MAX_WAITING)
        waiting.push(message.string());
      else unreadableMessages.inc({ channel: "progress" });
    },
  });
  return {
    /** What was reported since the last call, in order. */
    take(): BlockProgress[] {
      const reports = waiting.map((text) => BlockProgress.safeParse(jsonOf(text)));
      waiting = [];
      const readable = reports.flatMap(({ data }) => data ?? []);
      unreadableMessages.inc({ channel: "progress" }, reports.length - readable.length);
      return readable;
    },
  };
};
