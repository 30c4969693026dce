import { and, count, desc, eq, gte, isNull, lt, max, ne, sql } from "drizzle-orm";
import type pg from "pg";
import { bytesOfName, nameOfBytes } from "../../domain/image/file-name.ts";
import type { ListedImage } from "../../domain/job/events.ts";
import { toHex } from "../../domain/primitives/encoding.ts";
import type { OrdinalSet } from "../../domain/primitives/ordinal-set.ts";
import { copyInto } from "../copy.ts";
import { isUniqueViolation } from "../data-error.ts";
import type { Db, Store } from "../open.ts";
import { catalog, image, job } from "../schema.ts";

/** An image as a source finds it, before it has an ordinal. */
export type FoundImage = Omit<ListedImage, "ordinal">;

/** A walk over a catalog's source, and how far it is. */
export interface Listing {
  readonly catalogId: string;
  readonly jobId: string;
  /** Images of this walk so far, and those of them that an earlier job listed. */
  readonly seen: OrdinalSet;
  readonly seenBefore: OrdinalSet;
  /** Images to list anew although their files are the same. */
  readonly retried: OrdinalSet;
  /** It began behind a mark: none of the images that it comes to may be known from an earlier job. */
  readonly isContinued: boolean;
  /** One past the highest ordinal before this walk. */
  readonly begin: number;
  /** Live images of before this walk that it has not come to yet. */
  remaining: number;
  /** Where the images that this walk comes to next are expected: mostly they come in the order of their ordinals. */
  next: number;
}

/** A walk that began behind a mark came to an image that stands before it: only a walk from the start can tell what that is. */
export class StaleMarkError extends Error {
  override readonly name = "MetAgain";
}

/** What a part of a walk changed, for the log. */
export interface Listed {
  /** Tombstones of images that have changed. */
  readonly replaced: readonly number[];
  /** Images with ordinals that this walk, or another one of its job at the same time, has given out. */
  readonly images: readonly ListedImage[];
}

/**
 * Adds what a walk found: new images get the next ordinals, unchanged ones keep theirs, a changed
 * one leaves a tombstone and is listed anew. The same walk twice changes nothing.
 * @returns null when the job no longer lists: the walk must stop
 * @throws StaleMarkError, with nothing changed
 */
export const appendFound = async (
  store: Store,
  listing: Listing,
  found: readonly FoundImage[],
): Promise<Listed | null> => {
  try {
    return await append(store, listing, found);
  } catch (error) {
    // A source that names an image twice, or another walk of the same job: from here on any path may be known.
    if (!isUniqueViolation(error) || listing.remaining === Number.POSITIVE_INFINITY) throw error;
    listing.remaining = Number.POSITIVE_INFINITY;
    return append(store, listing, found);
  }
};

const append = async (store: Store, listing: Listing, found: readonly FoundImage[]): Promise<Listed | null> => {
  const { catalogId, jobId, seen, seenBefore, retried, isContinued, begin } = listing;
  const unchanged: KnownImage[] = [];
  const changed: KnownImage[] = [];
  const images: ListedImage[] = [];
  const isListing = await store.inTransaction(async (tx, client) => {
    // One walk at a time gives out ordinals; a zombie walk whose job has moved on is turned away.
    const catalogs = await tx
      .select({ blockSize: catalog.blockSize })
      .from(catalog)
      .where(eq(catalog.id, catalogId))
      .for("update");
    const jobs = await tx.select({ state: job.state }).from(job).where(eq(job.id, jobId));
    if (jobs[0]?.state !== "listing") return false;

    const knownByPath = await findKnown(tx, listing, found);

    const added: FoundImage[] = [];
    const foundHere = new Set<string>();
    for (const item of found) {
      const row = knownByPath.get(item.path);
      if (foundHere.has(item.path) || (row !== undefined && seen.has(row.ordinal))) continue;
      foundHere.add(item.path);
      if (row?.fingerprint === item.fingerprint && !retried.has(row.ordinal)) {
        unchanged.push(row);
        if (row.listedIn === jobId && row.ordinal >= begin) images.push({ ...item, ordinal: row.ordinal });
      } else {
        if (row !== undefined) changed.push(row);
        added.push(item);
      }
    }

    if (isContinued && [...unchanged, ...changed].some(({ listedIn }) => listedIn !== jobId))
      throw new StaleMarkError();
    await markVanished(tx, catalogId, jobId, changed.map(ordinalOf));
    if (added.length > 0) {
      const first = await nextOrdinal(tx, catalogId, jobId, catalogs[0]?.blockSize ?? null);
      const fresh = added.map((item, at) => ({ ...item, ordinal: first + at }));
      await copyImages(client, listing, fresh);
      images.push(...fresh);
    }
    return true;
  });
  if (!isListing) return null;
  for (const { ordinal, listedIn } of unchanged) {
    seen.add(ordinal);
    if (listedIn !== jobId) seenBefore.add(ordinal);
  }
  for (const { ordinal } of images) seen.add(ordinal);
  listing.remaining -= unchanged.length + changed.length;
  return { replaced: changed.map(ordinalOf), images };
};

const ordinalOf = ({ ordinal }: KnownImage): number => ordinal;

interface KnownImage extends Record<string, unknown> {
  readonly path: Buffer;
  readonly ordinal: number;
  readonly fingerprint: string;
  readonly listedIn: string;
}

/**
 * Live images with one of these paths, by path: first those that come next in the
 * order of ordinals, a range of rows; then, by path, the few that are not among them. None where all live ones were met.
 */
const findKnown = async (db: Db, listing: Listing, found: readonly FoundImage[]): Promise<Map<string, KnownImage>> => {
  if (listing.remaining === 0) return new Map();
  // While the table is being filled there are no statistics yet, and the planner would read all of it.
  await db.execute(sql`set local enable_seqscan = off`);
  const columns = sql`path, ordinal, fingerprint, listed_in as "listedIn" from image
    where catalog_id = ${listing.catalogId} and vanished_in is null`;
  const expected = await db.execute<KnownImage>(
    sql`select ${columns} and ordinal >= ${listing.next} order by ordinal limit ${found.length}`,
  );
  const wanted = new Set(found.map(({ path }) => path));
  const known = new Map<string, KnownImage>();
  const note = (row: KnownImage): void => {
    const path = nameOfBytes(row.path);
    if (wanted.delete(path)) known.set(path, row);
  };
  expected.rows.forEach(note);
  for (const { ordinal } of known.values()) listing.next = Math.max(listing.next, ordinal + 1);
  if (wanted.size > 0 && listing.remaining > known.size) {
    const others = sql.param([...wanted].map((path) => Buffer.from(bytesOfName(path))));
    const { rows } = await db.execute<KnownImage>(sql`select ${columns} and path = any(${others}::bytea[])`);
    rows.forEach(note);
  }
  return known;
};

const copyImages = (
  client: pg.PoolClient,
  { catalogId, jobId }: Listing,
  images: readonly ListedImage[],
): Promise<void> =>
  copyInto(
    client,
    "image",
    [
      "catalog_id",
      "ordinal",
      "path",
      "fingerprint",
      "bytes",
      "modified_at",
      "given_hash",
      "width",
      "height",
      "failure",
      "listed_in",
    ],
    images.map((listed) => [
      catalogId,
      listed.ordinal,
      bytesOfName(listed.path),
      listed.fingerprint,
      listed.bytes,
      listed.modifiedAt,
      listed.givenHash,
      listed.width,
      listed.height,
      listed.failure === null ? null : JSON.stringify(listed.failure),
      jobId,
    ]),
  );

/** Images of the log; those the table has already stay as they are. */
const insertImages = async (
  db: Db,
  { catalogId, jobId }: Pick<Listing, "catalogId" | "jobId">,
  images: readonly ListedImage[],
): Promise<void> => {
  const rows = images.map(({ path, givenHash, ...rest }) => ({
    ...rest,
    path: toHex(bytesOfName(path)),
    givenHash: givenHash === null ? null : toHex(givenHash),
  }));
  await db.execute(sql`
    insert into image (catalog_id, ordinal, path, fingerprint, bytes, modified_at, given_hash, width, height, failure, listed_in)
    select ${catalogId}, ordinal, decode(path, 'hex'), fingerprint, bytes, "modifiedAt", decode("givenHash", 'hex'), width, height,
           nullif(failure, 'null'::jsonb), ${jobId}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row(ordinal int, path text, fingerprint text, bytes bigint, "modifiedAt" timestamptz, "givenHash" text, width int, height int, failure jsonb)
    on conflict do nothing`);
};

/** A job's first image starts a fresh block: a block that may be hashed already never grows. */
const nextOrdinal = async (db: Db, catalogId: string, jobId: string, blockSize: number | null): Promise<number> => {
  const rows = await db
    .select({ ordinal: image.ordinal, listedIn: image.listedIn })
    .from(image)
    .where(eq(image.catalogId, catalogId))
    .orderBy(desc(image.ordinal))
    .limit(1);
  const last = rows[0];
  if (last === undefined) return 0;
  const next = last.ordinal + 1;
  return last.listedIn === jobId || blockSize === null ? next : Math.ceil(next / blockSize) * blockSize;
};

/** Rows that the log knows and the table does not, for a projection that has lost its tables. */
export const restoreListed = async (
  db: Db,
  catalogId: string,
  jobId: string,
  images: readonly ListedImage[],
): Promise<void> => {
  const ordinals = images.map(({ ordinal }) => ordinal);
  const present = await db
    .select({ rows: count() })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), sql`${image.ordinal} = any(${sql.param(ordinals)}::int[])`));
  if ((present[0]?.rows ?? 0) >= images.length) return;
  await insertImages(db, { catalogId, jobId }, images);
};

/** As much of a table must be new before autovacuum tells the planner: autovacuum_analyze_scale_factor. */
const GROWN_SHARE = 0.1;

/**
 * Tells the planner what a listing has put into the table, where that is much; autovacuum would
 * come too late for this job.
 * @param before live images before the walk
 */
export const analyzeGrown = async (db: Db, { seen, seenBefore }: Listing, before: number): Promise<void> => {
  if (seen.size - seenBefore.size > before * GROWN_SHARE) await db.execute(sql`analyze image`);
};

const ORDINALS_PER_QUERY = 100_000;

/** Tombstones for what a whole walk of this job did not find again. Nothing is written where nothing is gone. */
export const markUnseenVanished = async (db: Db, { catalogId, jobId, seenBefore }: Listing): Promise<void> => {
  const older = and(eq(image.catalogId, catalogId), isNull(image.vanishedIn), ne(image.listedIn, jobId));
  const rows = await db
    .select({ images: count(), end: max(image.ordinal) })
    .from(image)
    .where(older);
  if (rows[0]?.images === seenBefore.size) return;
  for (let from = 0; from <= (rows[0]?.end ?? -1); from += ORDINALS_PER_QUERY) {
    const some = await db
      .select({ ordinal: image.ordinal })
      .from(image)
      .where(and(older, gte(image.ordinal, from), lt(image.ordinal, from + ORDINALS_PER_QUERY)));
    await markVanished(
      db,
      catalogId,
      jobId,
      some.map(({ ordinal }) => ordinal).filter((ordinal) => !seenBefore.has(ordinal)),
    );
  }
};

export const markVanished = async (
  db: Db,
  catalogId: string,
  jobId: string,
  ordinals: readonly number[],
): Promise<void> => {
  if (ordinals.length === 0) return;
  await db.execute(
    sql`update image set vanished_in = ${jobId} where catalog_id = ${catalogId} and vanished_in is null and ordinal = any(${sql.param([...ordinals])}::int[])`,
  );
};
