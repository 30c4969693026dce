// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { sql } from "drizzle-orm";
import { boolean, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { Feature } from "../../domain/rollout/rollout.ts";
import { time } from "./columns.ts";

/** How far features are rolled out; a feature without a row is on for all jobs. */
export const rollout = pgTable("rollout", {
  feature: text("feature").$type<Feature>().primaryKey(),
  percent: integer("percent").notNull(),
  shadow: boolean("shadow").notNull(),
  changedAt: time("changed_at").notNull().default(sql`now()`),
});

/** Whether a feature is on for a catalog's jobs, whatever the percentage. */
export const rolloutOverride = pgTable(
  "rollout_override",
  {
    feature: text("feature").$type<Feature>().notNull(),
    catalogId: text("catalog_id").notNull(),
    enabled: boolean("enabled").notNull(),
  },
  (table) => [primaryKey({ columns: [table.feature, table.catalogId] })],
);
