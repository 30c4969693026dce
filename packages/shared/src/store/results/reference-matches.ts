import { sql } from "drizzle-orm";
import type pg from "pg";
import { type CatalogImage, type CatalogShape, imagesWhere } from "../catalog/images.ts";
import { copyInto } from "../copy.ts";
import type { Db } from "../open.ts";
import { referenceMatch } from "../schema.ts";
import { integers, type Page } from "../sql.ts";
import type { Result } from "./results.ts";

/** An image that another catalog has too. */
export type ReferenceMatch = Omit<typeof referenceMatch.$inferSelect, "jobId" | "run">;

export const copyMatches = (client: pg.PoolClient, result: Result, matches: readonly ReferenceMatch[]): Promise<void> =>
  copyInto(
    client,
    referenceMatch,
    matches.map((match) => ({ ...result, ...match })),
  );

/** A page of the live images, by ordinal. @param isPresent only those that the reference has too; null = all */
export const listByReference = (
  db: Db,
  catalog: CatalogShape,
  { jobId, run, isPresent, after, limit }: Result & Page<number> & { readonly isPresent: true | null },
): Promise<CatalogImage[]> => {
  const match = sql`exists (select from reference_match m where m.job_id = ${jobId} and m.run = ${run} and m.ordinal = image.ordinal)`;
  return imagesWhere(
    db,
    catalog,
    sql`ordinal > ${after} and ${isPresent === null ? sql`true` : match} order by ordinal limit ${limit}`,
  );
};

/** The matches of images, by ordinal. */
export const readMatches = async (db: Db, { jobId, run }: Result, ordinals: readonly number[]) => {
  const { rows } = await db.execute<ReferenceMatch & Record<string, unknown>>(sql`
    select ordinal, reference_ordinal as "referenceOrdinal", distance, equal_bytes as "equalBytes"
    from reference_match where job_id = ${jobId} and run = ${run} and ordinal = any(${integers(ordinals)})`);
  return new Map(rows.map((match) => [match.ordinal, match]));
};
