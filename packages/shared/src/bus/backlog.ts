import type { TaskKind } from "../domain/job/task.ts";
import type { Bus } from "./connect.ts";
import { durablesOf, STREAMS } from "./topology.ts";

/** Tasks of a kind that wait for a worker or are in one's hands. */
export const consumerBacklog = async ({ jsm }: Bus, kind: TaskKind): Promise<number> => {
  const infos = await Promise.all(durablesOf(kind).map((durable) => jsm.consumers.info(STREAMS.tasks, durable)));
  return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, 0);
};
