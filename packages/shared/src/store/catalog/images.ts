import { and, asc, count, eq, gt, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { nameOfBytes } from "../../domain/image/file-name.ts";
import { Failure, STATE } from "../../domain/image/hash-block.ts";
import type { ListedImage } from "../../domain/image/listed-image.ts";
import { iso } from "../../domain/primitives/encoding.ts";
import { type HashedFacts, readFacts } from "../blocks/block-facts.ts";
import type { Db } from "../open.ts";
import { hashBlock, image, job } from "../schema.ts";

/** Tombstones of the catalog that fit, ascending. */
const tombstones = async (db: Db, catalogId: string, condition?: SQL): Promise<number[]> => {
  const rows = await db
    .select({ ordinal: image.ordinal })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), isNotNull(image.vanishedIn), condition))
    .orderBy(asc(image.ordinal));
  return rows.map(({ ordinal }) => ordinal);
};

/** Every tombstone of the catalog, ascending. */
export const allVanished = (db: Db, catalogId: string): Promise<number[]> => tombstones(db, catalogId);

/** Ordinals that vanished in this job, ascending. */
export const vanishedOrdinals = (db: Db, catalogId: string, jobId: string): Promise<number[]> =>
  tombstones(db, catalogId, eq(image.vanishedIn, jobId));

interface ImageRow extends Record<string, unknown> {
  readonly ordinal: number;
  readonly path: Buffer;
  readonly fingerprint: string;
  readonly bytes: string | null;
  readonly modified_at: string | null;
  readonly given_hash: Buffer | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly failure: Failure | null;
}

/** What is known of an image without reading its file: a hash that its source gave, or why it has none. */
export type GivenImage = Pick<ListedImage, "ordinal" | "givenHash" | "bytes" | "width" | "height" | "failure">;
type GivenRow = Pick<ImageRow, "ordinal" | "given_hash" | "bytes" | "width" | "height" | "failure">;

const givenImage = (row: GivenRow): GivenImage => ({
  ordinal: row.ordinal,
  bytes: row.bytes === null ? null : Number(row.bytes),
  givenHash: row.given_hash,
  width: row.width,
  height: row.height,
  failure: row.failure,
});

const listedImage = (row: ImageRow): ListedImage => ({
  ...givenImage(row),
  path: nameOfBytes(row.path),
  fingerprint: row.fingerprint,
  modifiedAt: iso(row.modified_at),
});

/** Live images with from <= ordinal < to, in order. Plain rows: a mapper would double the time of a listing. */
export const readImages = async (
  db: Db,
  catalogId: string,
  from: number,
  to: number,
  condition = sql``,
): Promise<ListedImage[]> => {
  const { rows } = await db.execute<ImageRow>(sql`
    select ordinal, path, fingerprint, bytes, modified_at, given_hash, width, height, failure from image
    where catalog_id = ${catalogId} and ordinal >= ${from} and ordinal < ${to} and vanished_in is null ${condition}
    order by ordinal`);
  return rows.map(listedImage);
};

/** Live images of which something is known, with from <= ordinal < to, in order: their names are most of a row, and left out. */
export const readGiven = async (db: Db, catalogId: string, from: number, to: number): Promise<GivenImage[]> => {
  const { rows } = await db.execute<GivenRow>(sql`
    select ordinal, given_hash, bytes, width, height, failure from image
    where catalog_id = ${catalogId} and ordinal >= ${from} and ordinal < ${to} and vanished_in is null
      and (given_hash is not null or failure is not null)
    order by ordinal`);
  return rows.map(givenImage);
};

/** The other live images, whose files must be read, with from <= ordinal < to, in order. */
export const readUnread = async (db: Db, catalogId: string, from: number, to: number): Promise<ListedImage[]> =>
  readImages(db, catalogId, from, to, sql`and given_hash is null and failure is null`);

/** Paths and times of images, in no particular order. */
export const readNames = async (db: Db, catalogId: string, ordinals: Uint32Array) => {
  const { rows } = await db.execute<Pick<ImageRow, "ordinal" | "path" | "modified_at">>(sql`
    select ordinal, path, modified_at from image
    where catalog_id = ${catalogId} and ordinal = any(${sql.param([...ordinals])}::int[])`);
  return rows.map((row) => ({
    ordinal: row.ordinal,
    path: nameOfBytes(row.path),
    modifiedAt: iso(row.modified_at),
  }));
};

/** Images that vanished in jobs accepted after this one, ascending. */
export const vanishedSince = async (db: Db, catalogId: string, jobId: string): Promise<number[]> => {
  const later = db
    .select({ id: job.id })
    .from(job)
    .where(
      and(
        eq(job.catalogId, catalogId),
        sql`${job.acceptedAt} > (select accepted_at from job as base where base.id = ${jobId})`,
      ),
    );
  return tombstones(db, catalogId, inArray(image.vanishedIn, later));
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

/** A listed image with what its hashing found. */
export interface CatalogImage extends HashedFacts {
  readonly ordinal: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly modifiedAt: string | null;
}

interface CatalogShape {
  readonly id: string;
  readonly blockSize: number | null;
}

/** Live images that fit, as the end of the statement says. */
export const imagesWhere = async (db: Db, { id, blockSize }: CatalogShape, rest: SQL): Promise<CatalogImage[]> => {
  const { rows } = await db.execute<ImageRow>(sql`
    select ordinal, path, fingerprint, modified_at from image
    where catalog_id = ${id} and vanished_in is null and ${rest}`);
  const factsOf = await readFacts(
    db,
    id,
    blockSize,
    rows.map(({ ordinal }) => ordinal),
  );
  return rows.map(({ ordinal, path, fingerprint, modified_at }) => ({
    ...factsOf(ordinal),
    ordinal,
    path: nameOfBytes(path),
    fingerprint,
    modifiedAt: iso(modified_at),
  }));
};

/** Live images after an ordinal, in order. */
export const listImages = (
  db: Db,
  catalog: CatalogShape,
  { after, limit }: { after: number; limit: number },
): Promise<CatalogImage[]> => imagesWhere(db, catalog, sql`ordinal > ${after} order by ordinal limit ${limit}`);

/** The live images among these ordinals. */
export const findImages = (db: Db, catalog: CatalogShape, ordinals: readonly number[]): Promise<CatalogImage[]> =>
  imagesWhere(db, catalog, sql`ordinal = any(${sql.param([...ordinals])}::int[]) order by ordinal`);

/** Live images of a catalog. */
export const countImages = async (db: Db, catalogId: string): Promise<number> => {
  const rows = await db
    .select({ images: count() })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), isNull(image.vanishedIn)));
  return rows[0]?.images ?? 0;
};
