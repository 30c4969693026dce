import type { DispatchCredit } from "@lookalike/shared/domain/job/dispatch/fair-window";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import type { Runtime } from "@lookalike/shared/service/run";
import type { z } from "zod";

/** What the coordinator reads from its environment, beside what every service reads. */
export const Environment = ServiceEnvironment.extend({
  LOOKALIKE_RECONCILE_INTERVAL_MS: integer({
    min: 100,
    default: 10_000,
    about: "Pause between two searches for lost tasks, in milliseconds",
  }),
  LOOKALIKE_LOST_AFTER_MS: integer({
    min: 500,
    default: 20_000,
    about: "Time without a result after which a job's tasks are searched for, in milliseconds",
  }),
  LOOKALIKE_MAX_ATTEMPTS: integer({ min: 1, default: 3, about: "Attempts at a task before it is quarantined" }),
});

/** What the parts of a coordinator share. */
export interface Coordinator extends Runtime<z.infer<typeof Environment>> {
  /** Publishes the tasks that a job has dispatched. */
  readonly dispatch: (jobId: string) => void;
  /** Tasks that all jobs of a class may have outstanding together. */
  readonly credit: () => DispatchCredit;
  /** Publishes the outbox. */
  readonly relay: () => void;
}
