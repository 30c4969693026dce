import { and, asc, eq, sql } from "drizzle-orm";
import type { JobOptions } from "../domain/options.ts";
import { askedOf, chooseFeature, Feature, optionsWith, type Rollout } from "../domain/rollout.ts";
import type { Db } from "./open.ts";
import { rollout, rolloutOverride } from "./schema.ts";

/** Every feature, with how far it is rolled out. */
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

/** @param enabled null takes the override away */
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

/** A new job's options, with what the roll-out chose where its owner left it open. */
export const rolledOut = async (db: Db, job: string, catalogId: string, asked: JobOptions): Promise<JobOptions> => {
  const rollouts = await listRollouts(db);
  const overrides = await db.select().from(rolloutOverride).where(eq(rolloutOverride.catalogId, catalogId));
  return Feature.options.reduce((options, feature) => {
    const choice = chooseFeature(
      feature,
      job,
      askedOf(feature, asked),
      rollouts.find((row) => row.feature === feature),
      overrides.find((row) => row.feature === feature)?.enabled ?? null,
    );
    return { ...optionsWith(options, choice), rollout: [...options.rollout, choice] };
  }, asked);
};
