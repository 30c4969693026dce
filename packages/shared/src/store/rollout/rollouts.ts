// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { and, asc, eq, sql } from "drizzle-orm";
import type { JobOptions } from "../../domain/job/options.ts";
import { chooseFeature, explicitChoice, Feature, optionsWith, type Rollout } from "../../domain/rollout/rollout.ts";
import type { Db } from "../open.ts";
import { rollout, rolloutOverride } from "../schema.ts";

/** Every feature, with how far it is rolled out; a feature without a row is on for all jobs. */
export const listRollouts = async (db: Db): Promise<Rollout[]> => {
  const rows = await db.select().from(rollout);
  return Feature.options.map((feature) => {
    const { percent, shadow } = rows.find((row) => row.feature === feature) ?? { percent: 100, shadow: false };
    return { feature, percent, shadow };
  });
};

export const listOverrides = (db: Db): Promise<(typeof rolloutOverride.$inferSelect)[]> =>
  db.select().from(rolloutOverride).orderBy(asc(rolloutOverride.feature), asc(rolloutOverride.catalogId));

export const setRollout = async (db: Db, { feature, percent, shadow }: Rollout): Promise<void> => {
  await db
    .insert(rollout)
    .values({ feature, percent, shadow })
    .onConflictDoUpdate({ target: rollout.feature, set: { percent, shadow, changedAt: sql`now()` } });
};

/** @param enabled null removes the override */
export const setOverride = async (
  db: Db,
  feature: Feature,
  catalogId: string,
  enabled: boolean | null,
): Promise<void> => {
  const row = and(eq(rolloutOverride.feature, feature), eq(rolloutOverride.catalogId, catalogId));
  await db.delete(rolloutOverride).where(row);
  if (enabled !== null) await db.insert(rolloutOverride).values({ feature, catalogId, enabled });
};

/** A new job's options: what its owner requested, completed by the roll-out where the owner left it open. */
export const rolledOut = async (db: Db, job: string, catalogId: string, requested: JobOptions): Promise<JobOptions> => {
  const rollouts = await listRollouts(db);
  const overrides = await db.select().from(rolloutOverride).where(eq(rolloutOverride.catalogId, catalogId));
  return rollouts.reduce((options, rolledOut) => {
    const { feature } = rolledOut;
    const override = overrides.find((row) => row.feature === feature)?.enabled ?? null;
    const choice = chooseFeature(rolledOut, job, explicitChoice(feature, requested), override);
    return { ...optionsWith(options, choice), rollout: [...options.rollout, choice] };
  }, requested);
};
