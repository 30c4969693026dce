// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { jobEvent } from "@lookalike/shared/bus/messages";
import type { Job } from "@lookalike/shared/domain/job/job";
import { shadowOptions } from "@lookalike/shared/domain/rollout/rollout";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

/** Suffixes of the ids of a job's shadows. The ids are the same each time, so that many coordinators start one shadow. */
const SUFFIX = { USE_BATCHED_COMPARISON: "batched", INDEXED_COMPARISON: "indexed" } as const;

/** Starts, for each feature in shadow mode, a job that compares the same images with the other choice. */
export const startShadows = async (db: Db, job: Job): Promise<void> => {
  const shadowed = job.options.rollout.filter(({ shadow }) => shadow);
  if (shadowed.length === 0 || job.state !== "completed" || job.mode === "shadow" || job.run > 1) return;
  if (job.listing === null) return;
  const catalog = await getCatalog(db, job.tenant, job.catalog);
  if (catalog === null) return;
  for (const choice of shadowed) {
    const id = `${job.id}-${SUFFIX[choice.feature]}`;
    const body = {
      catalog: { id: catalog.id, name: catalog.name, source: catalog.source },
      mode: "shadow" as const,
      options: {
        ...shadowOptions(job.options, choice.feature, job.listing.index !== null),
        rollout: [{ ...choice, enabled: !choice.enabled, reason: "shadow", shadow: false }],
        shadowOf: job.id,
        reference: null,
      },
    };
    await addToOutbox(db, jobEvent({ id, tenant: job.tenant, run: 1 }, "job-accepted", 1, body));
  }
};
