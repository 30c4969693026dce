// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { Feature, Rollout } from "@lookalike/shared/domain/rollout/rollout";
import type { Db } from "@lookalike/shared/store/open";
import { listOverrides, listRollouts, setOverride, setRollout } from "@lookalike/shared/store/rollout/rollouts";
import { z } from "zod";

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
