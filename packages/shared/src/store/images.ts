import { and, asc, count, desc, eq, gt, gte, isNotNull, isNull, lt, max, min, notInArray, or, sql } from "drizzle-orm";
import { bytesOfName, nameOfBytes, toHex } from "../domain/bytes.ts";
import type { ListedImage } from "../domain/events.ts";
import { Failure, STATE } from "../domain/hash-block.ts";
import type { Db } from "./open.ts";
import { catalog, hashBlock, image, job, walk } from "./schema.ts";

/** An image as a source finds it, before it has an ordinal. */
export type FoundImage = Omit<ListedImage, "ordinal">;

/** Starts a walk over a source on behalf of a job. */
export const startWalk = async (db: Db, jobId: string): Promise<number> => {
  const rows = await db.insert(walk).values({ jobId }).returning({ id: walk.id });
  return rows[0]?.id ?? 0;
};

interface Listing {
  readonly catalogId: string;
  readonly jobId: string;
  readonly walkId: number;
}

/**
 * Adds what a walk found: new images get the next ordinals, unchanged ones keep theirs, a changed
 * one leaves a tombstone and is listed anew. The same walk twice changes nothing.
 * @returns false when the job no longer lists: the walk must stop
 */
export const appendFound = (db: Db, listing: Listing, found: readonly FoundImage[]): Promise<boolean> =>
  db.transaction(async (tx) => {
    const { catalogId, jobId, walkId } = listing;
    // While the table is being filled there are no statistics yet, and the planner would read all of it.
    await tx.execute(sql`set local enable_seqscan = off`);
    // One walk at a time gives out ordinals; a zombie walk whose job has moved on is turned away.
    const catalogs = await tx
      .select({ blockSize: catalog.blockSize })
      .from(catalog)
      .where(eq(catalog.id, catalogId))
      .for("update");
    const jobs = await tx.select({ state: job.state }).from(job).where(eq(job.id, jobId));
    if (jobs[0]?.state !== "listing") return false;

    const paths = found.map(({ path }) => Buffer.from(bytesOfName(path)));
    const known = await tx
      .select({
        ordinal: image.ordinal,
        path: image.path,
        fingerprint: image.fingerprint,
        seenInWalk: image.seenInWalk,
      })
      .from(image)
      .where(
        and(
          eq(image.catalogId, catalogId),
          isNull(image.vanishedIn),
          sql`${image.path} = any(${sql.param(paths)}::bytea[])`,
        ),
      );
    const knownByPath = new Map(known.map((row) => [toHex(row.path), row]));

    const seen: number[] = [];
    const replaced: number[] = [];
    const added: FoundImage[] = [];
    const addedPaths = new Set<string>();
    found.forEach((item, at) => {
      const key = toHex(paths[at] ?? Buffer.alloc(0));
      const row = knownByPath.get(key);
      if (addedPaths.has(key) || (row !== undefined && row.seenInWalk === walkId)) return;
      if (row?.fingerprint === item.fingerprint) seen.push(row.ordinal);
      else {
        if (row !== undefined) replaced.push(row.ordinal);
        addedPaths.add(key);
        added.push(item);
      }
    });

    const these = (ordinals: number[]) =>
      and(eq(image.catalogId, catalogId), sql`${image.ordinal} = any(${sql.param(ordinals)}::int[])`);
    if (seen.length > 0) await tx.update(image).set({ seenInWalk: walkId }).where(these(seen));
    if (replaced.length > 0) await tx.update(image).set({ vanishedIn: jobId }).where(these(replaced));
    if (added.length > 0) {
      const first = await nextOrdinal(tx, catalogId, jobId, catalogs[0]?.blockSize ?? null);
      await insertImages(
        tx,
        listing,
        added.map((item, at) => ({ ...item, ordinal: first + at })),
      );
    }
    return true;
  });

const insertImages = async (
  db: Db,
  { catalogId, jobId, walkId }: Listing,
  images: readonly ListedImage[],
): Promise<void> => {
  const rows = images.map(({ path, givenHash, ...rest }) => ({
    ...rest,
    path: toHex(bytesOfName(path)),
    givenHash: givenHash === null ? null : toHex(givenHash),
  }));
  await db.execute(sql`
    insert into image (catalog_id, ordinal, path, fingerprint, bytes, modified_at, given_hash, width, height, failure, listed_in, seen_in_walk)
    select ${catalogId}, ordinal, decode(path, 'hex'), fingerprint, bytes, "modifiedAt", decode("givenHash", 'hex'), width, height,
           nullif(failure, 'null'::jsonb), ${jobId}, ${walkId}
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
  const first = images[0]?.ordinal ?? 0;
  const last = images.at(-1)?.ordinal ?? 0;
  const present = await db
    .select({ rows: count() })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), gte(image.ordinal, first), lt(image.ordinal, last + 1)));
  if ((present[0]?.rows ?? 0) >= images.length) return;
  await insertImages(db, { catalogId, jobId, walkId: 0 }, images);
};

/** Tells the planner what a listing has put into the table; autovacuum would come too late for this job. */
export const analyzeImages = async (db: Db): Promise<void> => {
  await db.execute(sql`analyze image`);
};

/** Tombstones for what this job's walks did not find. */
export const markUnseenVanished = async (db: Db, catalogId: string, jobId: string): Promise<void> => {
  const walks = await db
    .select({ first: min(walk.id) })
    .from(walk)
    .where(eq(walk.jobId, jobId));
  await db
    .update(image)
    .set({ vanishedIn: jobId })
    .where(and(eq(image.catalogId, catalogId), isNull(image.vanishedIn), lt(image.seenInWalk, walks[0]?.first ?? 0)));
};

export const markVanished = async (
  db: Db,
  catalogId: string,
  jobId: string,
  ordinals: readonly number[],
): Promise<void> => {
  await db.execute(
    sql`update image set vanished_in = ${jobId} where catalog_id = ${catalogId} and vanished_in is null and ordinal = any(${sql.param([...ordinals])}::int[])`,
  );
};

/** Ordinals that vanished in this job, ascending. */
export const vanishedOrdinals = async (db: Db, catalogId: string, jobId: string): Promise<number[]> => {
  const rows = await db
    .select({ ordinal: image.ordinal })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), eq(image.vanishedIn, jobId)))
    .orderBy(asc(image.ordinal));
  return rows.map(({ ordinal }) => ordinal);
};

const listedImage = (row: typeof image.$inferSelect): ListedImage => ({
  ordinal: row.ordinal,
  path: nameOfBytes(row.path),
  fingerprint: row.fingerprint,
  bytes: row.bytes,
  modifiedAt: row.modifiedAt === null ? null : new Date(row.modifiedAt).toISOString(),
  givenHash: row.givenHash,
  width: row.width,
  height: row.height,
  failure: row.failure,
});

/** Live images with from <= ordinal < to, in order. */
export const readImages = async (db: Db, catalogId: string, from: number, to: number): Promise<ListedImage[]> => {
  const rows = await db
    .select()
    .from(image)
    .where(
      and(eq(image.catalogId, catalogId), gte(image.ordinal, from), lt(image.ordinal, to), isNull(image.vanishedIn)),
    )
    .orderBy(asc(image.ordinal));
  return rows.map(listedImage);
};

/** One past the highest ordinal ever given out; the live images; how many bits a given hash has. */
export const catalogExtent = async (db: Db, catalogId: string) => {
  const rows = await db
    .select({
      end: max(image.ordinal),
      images: sql<number>`count(*) filter (where ${image.vanishedIn} is null)::int`,
      givenHashBytes: sql<number | null>`max(length(${image.givenHash}))`,
    })
    .from(image)
    .where(eq(image.catalogId, catalogId));
  return {
    end: (rows[0]?.end ?? -1) + 1,
    images: rows[0]?.images ?? 0,
    givenHashBits: (rows[0]?.givenHashBytes ?? 0) * 8,
  };
};

/** Live images in blocks that are not in `hashed`, and failed ones in blocks that are. */
export const countUnhashed = async (db: Db, catalogId: string, blockSize: number, hashed: readonly number[]) => {
  const block = sql`${image.ordinal} / ${sql.raw(String(blockSize))}`;
  const live = and(eq(image.catalogId, catalogId), isNull(image.vanishedIn));
  const open = await db
    .select({ images: count() })
    .from(image)
    .where(and(live, hashed.length === 0 ? undefined : notInArray(block, [...hashed])));
  const failed = await db
    .select({ images: count() })
    .from(image)
    .innerJoin(hashBlock, and(eq(hashBlock.catalogId, image.catalogId), sql`${hashBlock.block} = ${block}`))
    .where(
      and(
        live,
        sql`${hashBlock.failedImages} > 0`,
        sql`get_byte(${hashBlock.states}, ${image.ordinal} % ${sql.raw(String(blockSize))}) = ${STATE.failed}`,
      ),
    );
  return { unhashedImages: open[0]?.images ?? 0, failedImages: failed[0]?.images ?? 0 };
};

/** Every tombstone of the catalog, ascending. */
export const allVanished = async (db: Db, catalogId: string): Promise<number[]> => {
  const rows = await db
    .select({ ordinal: image.ordinal })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), isNotNull(image.vanishedIn)))
    .orderBy(asc(image.ordinal));
  return rows.map(({ ordinal }) => ordinal);
};

export interface FailurePage {
  readonly catalogId: string;
  readonly blockSize: number;
  readonly quarantinedBlocks: readonly number[];
  /** Failures after this ordinal. */
  readonly after: number;
  readonly limit: number;
}

/** Live images that could not be hashed, with the reason, in order of their ordinals. */
export const listFailures = async (db: Db, { catalogId, blockSize, quarantinedBlocks, after, limit }: FailurePage) => {
  const size = sql.raw(String(blockSize));
  const block = sql`${image.ordinal} / ${size}`;
  const quarantined = sql`${block} = any(${sql.param([...quarantinedBlocks])}::int[])`;
  const rows = await db
    .select({
      ordinal: image.ordinal,
      path: image.path,
      failure: sql<unknown>`case when ${hashBlock.block} is null then null else ${hashBlock.details} -> (${image.ordinal} % ${size}) end`,
    })
    .from(image)
    .leftJoin(hashBlock, and(eq(hashBlock.catalogId, image.catalogId), sql`${hashBlock.block} = ${block}`))
    .where(
      and(
        eq(image.catalogId, catalogId),
        isNull(image.vanishedIn),
        gt(image.ordinal, after),
        or(
          and(isNull(hashBlock.block), quarantined),
          and(
            gt(hashBlock.failedImages, 0),
            sql`get_byte(${hashBlock.states}, ${image.ordinal} % ${size}) = ${STATE.failed}`,
          ),
        ),
      ),
    )
    .orderBy(asc(image.ordinal))
    .limit(limit);
  return rows.map(({ ordinal, path, failure }) => ({
    ordinal,
    path: nameOfBytes(path),
    ...(failure === null
      ? { reason: "quarantined" as const, detail: "its block failed in every attempt" }
      : Failure.parse(failure)),
  }));
};
