import type { Bus } from "@lookalike/shared/bus/connect";
import { consumerBacklog } from "@lookalike/shared/bus/read";
import { TaskKind } from "@lookalike/shared/domain/job/task";
import { countJobs, longestSilence, outboxBacklog } from "@lookalike/shared/store/jobs/overview";
import type { Db } from "@lookalike/shared/store/open";

/** The state of all jobs and queues; every coordinator reports the same. */
export const overview = async (bus: Bus, db: Db): Promise<Record<string, unknown>> => ({
  jobs: await countJobs(db),
  outbox: await outboxBacklog(db),
  longestSilenceSeconds: await longestSilence(db),
  backlog: Object.fromEntries(
    await Promise.all(TaskKind.options.map(async (kind) => [kind, await consumerBacklog(bus, kind)] as const)),
  ),
});
