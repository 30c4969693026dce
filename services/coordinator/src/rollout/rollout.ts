// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { jobEvent } from "@lookalike/shared/bus/messages";
import type { JobEvent } from "@lookalike/shared/domain/job/events";
import type { Job } from "@lookalike/shared/domain/job/job";
import { size } from "@lookalike/shared/domain/primitives/bit-set";
import { Feature, Rollout, shadowOptions } from "@lookalike/shared/domain/rollout/rollout";
import { gauge, rolloutDifferences } from "@lookalike/shared/runtime/metrics";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { listOverrides, listRollouts, setOverride, setRollout } from "@lookalike/shared/store/rollout/rollouts";
import { z } from "zod";

/** The roll-out's gauge, and its counter from zero. */
export const measureRollout = (db: Db): void => {
  gauge("lookalike_rollout_percent", "How far a feature is rolled out", ["feature"], async () =>
    (await listRollouts(db)).map(({ feature, percent }) => ({ labels: { feature }, value: percent })),
  );
  for (const feature of Feature.options) rolloutDifferences.inc({ feature }, 0);
};

/** Counts a shadow job whose result differs from its job's. */
export const countDifference = (event: JobEvent): void => {
  if (event.type === "shadow-compared" && !event.body.equal) rolloutDifferences.inc({ feature: event.body.feature });
};

/** The endpoint that shows how far features are rolled out, and changes it for jobs that start from now on. */
export const rolloutEndpoint = (db: Db): Endpoint =>
  endpoint({
    name: "rollout",
    about: "Show or change how far a feature is rolled out",
    request: z.strictObject({
      feature: Feature.optional(),
      percent: Rollout.shape.percent.optional(),
      shadow: z.boolean().optional(),
      catalog: z.string().optional(),
      enabled: z.boolean().nullable().optional().meta({ description: "For this catalog; null = no override" }),
    }),
    handle: async ({ feature, percent, shadow, catalog, enabled }) => {
      if ((catalog === undefined) !== (enabled === undefined))
        throw new EndpointError(400, "An override needs both catalog and enabled.");
      if (feature === undefined && [percent, shadow, catalog].some((value) => value !== undefined))
        throw new EndpointError(400, `What to change needs its feature: ${Feature.options.join(" or ")}.`);
      const current = (await listRollouts(db)).find((row) => row.feature === feature);
      if (current !== undefined) {
        if (percent !== undefined || shadow !== undefined)
          await setRollout(db, { ...current, percent: percent ?? current.percent, shadow: shadow ?? current.shadow });
        if (catalog !== undefined && enabled !== undefined) await setOverride(db, current.feature, catalog, enabled);
      }
      return { rollouts: await listRollouts(db), overrides: await listOverrides(db) };
    },
  });

/** Suffixes of the ids of a job's shadows. The ids are the same each time, so that many coordinators start one shadow. */
const SUFFIX = { USE_BATCHED_COMPARISON: "batched", INDEXED_COMPARISON: "indexed" } as const;

/** Starts, for each feature in shadow mode, a job that compares the same images with the other choice. */
export const startShadows = async (db: Db, job: Job): Promise<void> => {
  const shadowed = job.options.rollout.filter(({ shadow }) => shadow);
  if (shadowed.length === 0 || job.state !== "completed" || job.mode === "shadow" || job.run > 1) return;
  if (job.listing === null || size(job.hash.quarantined) > 0) return;
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
