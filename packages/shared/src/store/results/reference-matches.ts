import { sql } from "drizzle-orm";
import type pg from "pg";
import { nameOfBytes } from "../../domain/image/file-name.ts";
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

/** A page of the live images that the reference has too, or of those that it has not, by ordinal. */
export const listByReference = (
  db: Db,
  catalog: CatalogShape,
  { jobId, run, isPresent, after, limit }: Result & Page<number> & { readonly isPresent: boolean },
): Promise<CatalogImage[]> => {
  const match = sql`exists (select from reference_match m where m.job_id = ${jobId} and m.run = ${run} and m.ordinal = image.ordinal)`;
  return imagesWhere(
    db,
    catalog,
    sql`ordinal > ${after} and ${isPresent ? match : sql`not ${match}`} order by ordinal limit ${limit}`,
  );
};

/** The matches of images, by ordinal; the path is null where the image of the reference has vanished since. */
export const readMatches = async (db: Db, { jobId, run }: Result, reference: string, ordinals: readonly number[]) => {
  const { rows } = await db.execute<ReferenceMatch & { path: Buffer | null }>(sql`
    select m.ordinal, reference_ordinal as "referenceOrdinal", distance, equal_bytes as "equalBytes", path
    from reference_match m left join image
      on image.catalog_id = ${reference} and image.ordinal = reference_ordinal and vanished_in is null
    where job_id = ${jobId} and run = ${run} and m.ordinal = any(${integers(ordinals)})`);
  return new Map(
    rows.map(({ path, ...match }) => [match.ordinal, { ...match, path: path === null ? null : nameOfBytes(path) }]),
  );
};
