import { type SQL, sql } from "drizzle-orm";
import type { ListedImage } from "../../domain/image/listed-image.ts";
import { toHex } from "../../domain/primitives/encoding.ts";
import type { Db } from "../open.ts";
import { integers, onlyRow } from "../sql.ts";
import { markVanished, rowsOf, writeMoved } from "./listing.ts";

/** Adds images of the log that the table has lost: a projection is rebuilt from the log. */
export const restoreListed = async (
  db: Db,
  catalogId: string,
  jobId: string,
  images: readonly ListedImage[],
): Promise<void> => {
  const present = await db.execute<{ images: number }>(sql`
    select count(*)::int as images from image
    where catalog_id = ${catalogId} and ordinal = any(${integers(images.map(({ ordinal }) => ordinal))})`);
  if (onlyRow(present).images === images.length) return;
  const rows = rowsOf({ catalogId, jobId }, images).map((row) => ({
    catalog_id: row.catalogId,
    ordinal: row.ordinal,
    path: `\\x${toHex(row.path)}`,
    fingerprint: row.fingerprint,
    bytes: row.bytes,
    modified_at: row.modifiedAt,
    given_hash: row.givenHash && `\\x${toHex(row.givenHash)}`,
    given_evidence: row.givenEvidence && `\\x${toHex(row.givenEvidence)}`,
    width: row.width,
    height: row.height,
    failure: row.failure,
    listed_in: row.listedIn,
  }));
  await db.execute(sql`
    insert into image select * from jsonb_populate_recordset(null::image, ${JSON.stringify(rows)}::jsonb)
    on conflict do nothing`);
};

/**
 * Moves images as an event of the log says, unless this or a later job has done so. The listing itself has written
 * it before: this restores what the table has lost.
 */
export const restoreMoved = async (
  db: Db,
  catalogId: string,
  jobId: string,
  images: readonly ListedImage[],
): Promise<void> => {
  const { rows } = await db.execute<{ ordinal: number }>(sql`
    update image set vanished_before = vanished_in
    where catalog_id = ${catalogId} and ordinal = any(${integers(images.map(({ ordinal }) => ordinal))})
      and moved_in is distinct from ${jobId} and ${isEarlier(sql`moved_in`, jobId)} and ${isEarlier(sql`vanished_in`, jobId)}
    returning ordinal`);
  const restored = new Set(rows.map(({ ordinal }) => ordinal));
  await writeMoved(
    db,
    { catalogId, jobId },
    images.filter(({ ordinal }) => restored.has(ordinal)),
  );
};

/** Makes tombstones as an event of the log says, unless this or a later job has moved the image since. */
export const restoreVanished = (db: Db, catalogId: string, jobId: string, ordinals: readonly number[]): Promise<void> =>
  markVanished(
    db,
    catalogId,
    jobId,
    ordinals,
    sql`moved_in is distinct from ${jobId} and ${isEarlier(sql`moved_in`, jobId)}`,
  );

/** Whether a column names no job, or one that was accepted before another. */
const isEarlier = (column: SQL, jobId: string): SQL => sql`not exists (
  select from job as later join job as this on this.id = ${jobId}
  where later.id = ${column} and later.accepted_at > this.accepted_at)`;
