import { z } from "zod";
import { partitionOf } from "../domain/job/partition.ts";
import type { Bus } from "./connect.ts";

/** How far a worker is inside a block that is not done. */
const BlockProgress = z.object({ job: z.string(), block: z.int(), images: z.int() });
export type BlockProgress = z.infer<typeof BlockProgress>;

/**
 * Tells how far a block is: for people's eyes only, so plain NATS without a stream. A lost message
 * is made good by the next one, and by the block's own event.
 */
export const publishProgress = (bus: Bus, tenant: string, progress: BlockProgress): void =>
  bus.connection.publish(
    `lookalike.progress.${partitionOf(progress.job)}.${tenant}.${progress.job}`,
    JSON.stringify(progress),
  );

/** Hears every worker's progress until the connection closes. */
export const subscribeProgress = (bus: Bus, note: (progress: BlockProgress) => void): void => {
  bus.connection.subscribe("lookalike.progress.>", {
    callback: (error, message) => {
      const progress = error === null ? BlockProgress.safeParse(JSON.parse(message.string())) : null;
      if (progress?.success) note(progress.data);
    },
  });
};
