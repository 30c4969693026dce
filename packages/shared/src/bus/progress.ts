import { z } from "zod";
import { partitionOf } from "../domain/job/partition.ts";
import type { Logger } from "../runtime/log.ts";
import type { Bus } from "./connect.ts";
import { jsonOf, readPayload } from "./payload.ts";

/** How many images a worker has hashed of a block that is not done. */
const BlockProgress = z.object({ job: z.string(), block: z.int(), images: z.int() });
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

/** Calls `report` for every worker's progress until the connection closes. */
export const subscribeProgress = (bus: Bus, report: (progress: BlockProgress) => void, log: Logger): void => {
  bus.connection.subscribe("lookalike.progress.>", {
    callback: (error, message) => {
      if (error !== null) return;
      const progress = readPayload(BlockProgress, jsonOf(message.string()), "progress", log);
      if (progress !== null) report(progress);
    },
  });
};
