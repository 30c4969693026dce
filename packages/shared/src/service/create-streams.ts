import { setTimeout as sleep } from "node:timers/promises";
import type { CreateMissing } from "../bus/topology.ts";
import { exclusively } from "../store/exclusively.ts";
import { hasJobs } from "../store/jobs/jobs.ts";
import type { Store } from "../store/open.ts";

/**
 * How long a stream must have been missing before it is created again: nats-server 2.9 says that a deleted stream is
 * missing before its files are removed, and would remove those of a new one of its name, too. What is published to such a
 * stream is acknowledged, and can never be read.
 */
const SETTLE_MS = 3_000;

/**
 * Lets one coordinator at a time create missing streams. Another one could create them while this one waits, and somebody
 * could delete those in the same time: then this one would create them in the moment that is to be avoided.
 */
export const createSettled =
  ({ pool }: Pick<Store, "pool">, settleMs = SETTLE_MS): CreateMissing =>
  async (create) => {
    await exclusively(pool, "lookalike:streams", async ({ requireHeld }) => {
      await sleep(settleMs);
      await requireHeld();
      await create();
    });
  };

/** As {@link createSettled}; an installation that has had no job yet has lost no stream, and need not wait. */
export const createAtStart =
  ({ pool, db }: Store): CreateMissing =>
  async (create) =>
    createSettled({ pool }, (await hasJobs(db)) ? SETTLE_MS : 0)(create);
