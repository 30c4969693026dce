import type { JobEvent } from "./events.ts";
import { type Job, planFrom } from "./job.ts";
import { taskCount } from "./plan.ts";
import type { WorkKind } from "./task.ts";

/** Blocks and tasks are counted in columns of PostgreSQL's type integer. */
const MAX_UNITS = 2_147_483_647;

/**
 * Why an event that fits its schema cannot be folded into the job: a number in it is outside the job's
 * plan. null = it can be.
 */
export const outsidePlan = (job: Job, event: JobEvent): string | null => {
  switch (event.type) {
    case "listing-done": {
      const { blocks } = event.body;
      const units = Math.max(blocks, taskCount(planFrom(event.body, blocks, job.options)));
      return units <= MAX_UNITS ? null : `a plan of ${units} blocks or tasks, at most ${MAX_UNITS} are possible`;
    }
    case "block-evidence":
    case "hash-done":
      return outside(job, "hash", event.body.block);
    case "pair-batch-done":
      return outside(job, "compare", event.body.task);
    case "verify-done":
      return outside(job, "verify", event.body.task);
    case "task-quarantined":
      return outside(job, event.body.kind, event.body.task);
    default:
      return null;
  }
};

const outside = (job: Job, kind: WorkKind, unit: number): string | null => {
  const { count } = job[kind];
  return job.state !== "running" || unit < count ? null : `${kind} task ${unit} of a job that has ${count}`;
};
