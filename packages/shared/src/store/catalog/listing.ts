import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { bytesOfName, nameOfBytes } from "../../domain/image/file-name.ts";
import type { FoundImage, ListedImage } from "../../domain/image/listed-image.ts";
import {
  type CatalogSnapshot,
  compareListing,
  type KnownImage,
  type Listing,
  type ListingStep,
  type MovedImage,
  type Recognized,
  type WalkStart,
} from "../../domain/image/listing.ts";
import { toHex } from "../../domain/primitives/encoding.ts";
import { copyInto } from "../copy.ts";
import { isUniqueViolation } from "../data-error.ts";
import type { Db, Store } from "../open.ts";
import { archivedImages } from "../review/archives.ts";
import { image } from "../schema.ts";
import { integers, onlyRow } from "../sql.ts";
import { type CatalogShape, isHashed, readImages } from "./images.ts";

/**
 * Records a part of a walk: what {@link compareListing} decides is written in one transaction, and
 * then holds for the listing.
 */
export const appendFound = async (
  store: Store,
  listing: Listing,
  found: readonly FoundImage[],
  recognized?: Recognized,
) => {
  try {
    return await append(store, listing, found, recognized);
  } catch (error) {
    // The source names an image twice, or another walk of the same job adds images, too.
    if (!isUniqueViolation(error) || !listing.lookUpEveryPath()) throw error;
    return append(store, listing, found, recognized);
  }
};

const append = async (
  store: Store,
  listing: Listing,
  found: readonly FoundImage[],
  recognized?: Recognized,
): Promise<ListingStep> => {
  const { catalogId, jobId } = listing.start;
  const step = await store.inTransaction(async (tx, client) => {
    const decided = compareListing(listing, found, await lockCatalog(tx, listing, found), recognized);
    if (decided.kind === "changes") {
      await markVanished(tx, catalogId, jobId, ordinalsOf(decided.replaced));
      await moveImages(tx, listing.start, decided.moved);
      await copyInto(client, image, rowsOf(listing.start, decided.added));
    }
    return decided;
  });
  if (step.kind === "changes") listing.apply(step);
  return step;
};

const ordinalsOf = (images: readonly KnownImage[]): number[] => images.map(({ ordinal }) => ordinal);

/**
 * Gives images the path and time at which their content was found.
 * @throws Error when one of them is no longer what it was when its content was compared: the walk is then repeated
 */
const moveImages = async (db: Db, { catalogId, jobId }: WalkStart, moved: readonly MovedImage[]): Promise<void> => {
  if (moved.length === 0) return;
  const from = moved.map(({ from: { ordinal, fingerprint } }) => ({ ordinal, fingerprint }));
  const { rowCount } = await db.execute(sql`
    update image set vanished_before = vanished_in
    from jsonb_to_recordset(${JSON.stringify(from)}::jsonb) as expected(ordinal int, fingerprint text)
    where catalog_id = ${catalogId} and image.ordinal = expected.ordinal and image.fingerprint = expected.fingerprint`);
  if (rowCount !== moved.length) throw new Error(`catalog ${catalogId}: images changed while they were listed`);
  await writeMoved(
    db,
    { catalogId, jobId },
    moved.map(({ to }) => to),
  );
};

/** A live image frees its path before another one takes it: two images may have exchanged their paths. */
export const writeMoved = async (
  db: Db,
  { catalogId, jobId }: Pick<WalkStart, "catalogId" | "jobId">,
  images: readonly ListedImage[],
): Promise<void> => {
  await db.execute(sql`
    update image set vanished_in = ${jobId}
    where catalog_id = ${catalogId} and ordinal = any(${integers(images.map(({ ordinal }) => ordinal))})`);
  const rows = images.map(({ ordinal, path, fingerprint, bytes, modifiedAt }) => ({
    ordinal,
    path: `\\x${toHex(bytesOfName(path))}`,
    fingerprint,
    bytes,
    modified_at: modifiedAt,
  }));
  await db.execute(sql`
    update image set path = moved.path, fingerprint = moved.fingerprint, bytes = moved.bytes,
      modified_at = moved.modified_at, vanished_in = null, moved_in = ${jobId}
    from jsonb_populate_recordset(null::image, ${JSON.stringify(rows)}::jsonb) as moved
    where image.catalog_id = ${catalogId} and image.ordinal = moved.ordinal`);
};

/** Images that this job has moved, as they are now. */
export const movedImages = async (db: Db, catalogId: string, jobId: string): Promise<ListedImage[]> =>
  readImages(db, catalogId, 0, MAX_ORDINAL, sql`moved_in = ${jobId}`);

/** The largest value of an integer of PostgreSQL. */
const MAX_ORDINAL = 2_147_483_647;

/** Reads what the catalog has. The lock lets one walk at a time give out ordinals; what follows is read behind it. */
const lockCatalog = async (db: Db, listing: Listing, found: readonly FoundImage[]): Promise<CatalogSnapshot> => {
  const { catalogId, jobId } = listing.start;
  const locked = await db.execute<{ blockSize: number | null }>(
    sql`select block_size as "blockSize" from catalog where id = ${catalogId} for update`,
  );
  const listingJobs = await db.execute(sql`select from job where id = ${jobId} and state = 'listing'`);
  const last = await db.execute<{ ordinal: number; listedIn: string }>(sql`
    select ordinal, listed_in as "listedIn" from image
    where catalog_id = ${catalogId} order by ordinal desc limit 1`);
  return {
    isListing: listingJobs.rows.length > 0,
    blockSize: locked.rows[0]?.blockSize ?? null,
    last: last.rows[0] ?? null,
    known: await findKnown(db, listing, found),
  };
};

/**
 * Live images with one of these paths, by path. They are looked for first where they are expected, in
 * one range of ordinals, and then by path.
 */
const findKnown = async (db: Db, listing: Listing, found: readonly FoundImage[]): Promise<Map<string, KnownImage>> => {
  const known = new Map<string, KnownImage>();
  if (listing.remaining === 0) return known;
  // While the table is being filled there are no statistics yet, and the planner would read all of it.
  await db.execute(sql`set local enable_seqscan = off`);
  const rest = new Set(found.map(({ path }) => path));
  const select = async (condition: SQL): Promise<void> => {
    const { rows } = await db.execute<{ path: Buffer; ordinal: number; fingerprint: string; listedIn: string }>(sql`
      select path, ordinal, fingerprint, listed_in as "listedIn" from image
      where catalog_id = ${listing.start.catalogId} and vanished_in is null and ${condition}`);
    for (const { ordinal, fingerprint, listedIn, path: name } of rows) {
      const path = nameOfBytes(name);
      if (rest.delete(path)) known.set(path, { ordinal, path, fingerprint, listedIn, isLive: true });
    }
  };
  await select(sql`ordinal >= ${listing.nextExpected} order by ordinal limit ${found.length}`);
  for (const { ordinal } of known.values()) listing.advanceTo(ordinal + 1);
  if (rest.size > 0 && listing.remaining > known.size) {
    // The index has the digests of paths.
    const digests = [...rest].map((path) => createHash("sha256").update(bytesOfName(path)).digest());
    await select(sql`sha256(path) = any(${sql.param(digests)}::bytea[])`);
  }
  return known;
};

/**
 * Adds rows for hashed images whose rows are missing, as images that this job no longer finds. The walk that follows then
 * recognizes their files by the content, and they keep their ordinals.
 * @param blocks `last`: only in the last hashed block, so that no new image gets an ordinal that has hashes
 */
export const restoreLostRows = async (
  db: Db,
  { id, blockSize }: CatalogShape,
  jobId: string,
  blocks: "all" | "last",
): Promise<void> => {
  if (blockSize === null) return;
  const isLast = sql`block = (select max(block) from hash_block where catalog_id = ${id})`;
  await db.execute(sql`
    insert into image (catalog_id, ordinal, path, fingerprint, bytes, listed_in, vanished_in)
    select ${id}, ordinal, convert_to('(name lost) image ' || ordinal, 'UTF8'), '',
      (details -> (ordinal % ${blockSize}::int) ->> 'bytes')::bigint, job_id, ${jobId}
    from hash_block cross join lateral
      generate_series(block * ${blockSize}::int, block * ${blockSize}::int + length(states) - 1) as series(ordinal)
    where catalog_id = ${id} and ${blocks === "all" ? sql`true` : isLast} and not exists (
      select from image where image.catalog_id = ${id} and image.ordinal = series.ordinal)
    on conflict do nothing`);
};

/** Field by field, because a spread would take as long as all the rest of a row. */
export const rowsOf = ({ catalogId, jobId }: Pick<WalkStart, "catalogId" | "jobId">, images: readonly ListedImage[]) =>
  images.map(({ ordinal, path, fingerprint, bytes, modifiedAt, givenHash, givenEvidence, width, height, failure }) => ({
    catalogId,
    ordinal,
    path: bytesOfName(path),
    fingerprint,
    bytes,
    modifiedAt,
    givenHash,
    givenEvidence,
    width,
    height,
    failure,
    listedIn: jobId,
  }));

/** The share of a table that must be new before autovacuum analyzes it: autovacuum_analyze_scale_factor. */
const GROWN_SHARE = 0.1;

/**
 * Renews the planner's statistics where a listing has added a large share of all images; autovacuum would be too late for this job. A
 * function does it as the table's owner: PostgreSQL before 17 lets no other role.
 */
export const analyzeGrown = async (db: Db, listing: Listing): Promise<void> => {
  if (listing.added === 0) return;
  // Where another listing does it at this moment, this one need not wait: of sixty new catalogs each would wait for all before.
  await db.execute(sql`
    select analyze_image()
    from pg_class
    where oid = 'image'::regclass and ${listing.added} > reltuples * ${GROWN_SHARE}
      and pg_try_advisory_xact_lock(hashtext('lookalike analyze image'))`);
};

const ORDINALS_PER_QUERY = 100_000;

const listedEarlier = ({ catalogId, jobId }: WalkStart): SQL =>
  sql`catalog_id = ${catalogId} and vanished_in is null and listed_in <> ${jobId}`;

/** How many hashed images there were before a walk, found again or not. */
export const countHashed = async (db: Db, { start: { catalogId, jobId } }: Listing): Promise<number> => {
  const counted = await db.execute<{ images: number }>(sql`
    select count(*)::int as images from image
    where catalog_id = ${catalogId} and listed_in <> ${jobId} and (vanished_in is null or vanished_in = ${jobId}) and ${isHashed}`);
  return onlyRow(counted).images;
};

/** How many images of earlier jobs a whole walk has not found again. */
export const countUnseen = async (db: Db, listing: Listing): Promise<number> => {
  const counted = await db.execute<{ images: number }>(sql`
    select count(*)::int as images from image where ${listedEarlier(listing.start)}`);
  return onlyRow(counted).images - listing.seenBefore;
};

/** The paths of those that were hashed, and are not in an archive, as their owner decided. */
export async function* unseenPaths(db: Db, listing: Listing): AsyncGenerator<string> {
  const { catalogId, end } = listing.start;
  for (let from = 0; from < end; from += ORDINALS_PER_QUERY) {
    const { rows } = await db.execute<{ ordinal: number; path: Buffer }>(sql`
      select ordinal, path from image
      where ${listedEarlier(listing.start)} and ordinal >= ${from} and ordinal < ${from + ORDINALS_PER_QUERY}
        and ${isHashed} and ordinal not in (${archivedImages(catalogId)})`);
    const pathOf = new Map(rows.map(({ ordinal, path }) => [ordinal, path]));
    for (const ordinal of listing.unseen([...pathOf.keys()])) {
      const path = pathOf.get(ordinal);
      if (path !== undefined) yield nameOfBytes(path);
    }
  }
}

/** The paths of hashed images whose files the walk of a job has found, and could not read. */
export const unreadablePaths = async (db: Db, { start: { catalogId, jobId } }: Listing): Promise<string[]> => {
  const { rows } = await db.execute<{ path: Buffer }>(sql`
    select distinct image.path from image
    join image as now on now.catalog_id = image.catalog_id and now.path = image.path
    where image.catalog_id = ${catalogId} and image.vanished_in = ${jobId} and ${isHashed}
      and now.listed_in = ${jobId} and now.vanished_in is null and now.failure ->> 'reason' = 'unreadable'`);
  return rows.map(({ path }) => nameOfBytes(path));
};

/** Makes tombstones of the images that a whole walk has not found again. */
export const markUnseenVanished = async (db: Db, listing: Listing): Promise<void> => {
  const { catalogId, jobId, end } = listing.start;
  for (let from = 0; from < end; from += ORDINALS_PER_QUERY) {
    const { rows } = await db.execute<{ ordinal: number }>(sql`
      select ordinal from image
      where ${listedEarlier(listing.start)} and ordinal >= ${from} and ordinal < ${from + ORDINALS_PER_QUERY}`);
    const unseen = listing.unseen(rows.map(({ ordinal }) => ordinal));
    await markVanished(db, catalogId, jobId, unseen);
  }
};

/** Makes tombstones of images: their ordinals are never used again. */
export const markVanished = async (
  db: Db,
  catalogId: string,
  jobId: string,
  ordinals: readonly number[],
  condition = sql`true`,
): Promise<void> => {
  if (ordinals.length === 0) return;
  await db.execute(sql`
    update image set vanished_in = ${jobId}
    where catalog_id = ${catalogId} and vanished_in is null and ordinal = any(${integers(ordinals)}) and ${condition}`);
};
