import { type SQL, sql } from "drizzle-orm";
import { nameOfBytes } from "../../domain/image/file-name.ts";
import { type Failure, STATE } from "../../domain/image/hash-block.ts";
import type { ListedImage } from "../../domain/image/listed-image.ts";
import { isoOf } from "../../domain/primitives/encoding.ts";
import { missingData } from "../../runtime/errors.ts";
import { readFacts } from "../blocks/block-facts.ts";
import { pictureDigests } from "../blocks/picture-digests.ts";
import type { Db } from "../open.ts";
import { archivedImages } from "../review/archives.ts";
import { image } from "../schema.ts";
import { integers, isOneOf, onlyRow, type Page } from "../sql.ts";

/** Tombstones of the catalog for which a condition holds, ascending. */
const tombstones = async (db: Db, catalogId: string, condition: SQL): Promise<number[]> => {
  const { rows } = await db.execute<{ ordinal: number }>(sql`
    select ordinal from image
    where catalog_id = ${catalogId} and vanished_in is not null and ${condition}
    order by ordinal`);
  return rows.map(({ ordinal }) => ordinal);
};

/** Every tombstone of the catalog, ascending. */
export const allVanished = (db: Db, catalogId: string): Promise<number[]> => tombstones(db, catalogId, sql`true`);

/** Ordinals that vanished in this job, ascending. */
export const vanishedOrdinals = (db: Db, catalogId: string, jobId: string): Promise<number[]> =>
  tombstones(db, catalogId, sql`vanished_in = ${jobId}`);

/** Images that vanished in jobs accepted after this one, ascending. */
export const vanishedSince = (db: Db, catalogId: string, jobId: string): Promise<number[]> =>
  tombstones(
    db,
    catalogId,
    sql`vanished_in in (
      select id from job
      where catalog_id = ${catalogId} and accepted_at > (select accepted_at from job where id = ${jobId}))`,
  );

/**
 * Images that jobs accepted after this one have moved: found under another path, with another time, or again after they
 * had vanished. Those that had vanished when this job was accepted are `returned`.
 */
export const movedSince = async (
  db: Db,
  catalogId: string,
  jobId: string,
): Promise<readonly { readonly ordinal: number; readonly returned: boolean }[]> => {
  const { rows } = await db.execute<{ ordinal: number; returned: boolean }>(sql`
    select ordinal, vanished.accepted_at <= this.accepted_at is true as returned
    from image
    join job as this on this.id = ${jobId}
    join job as moving on moving.id = moved_in
    left join job as vanished on vanished.id = vanished_before
    where image.catalog_id = ${catalogId} and moving.accepted_at > this.accepted_at`);
  return rows;
};

/** A row with the bytes of its file name, and its time as PostgreSQL writes it. */
export type NamedRow = {
  readonly path: Buffer;
  readonly modifiedAt: string | null;
};

/** A row with its file name, and its time as ISO text. */
export const named = <Row extends NamedRow>({ path, modifiedAt, ...row }: Row) => ({
  ...row,
  path: nameOfBytes(path),
  modifiedAt: modifiedAt === null ? null : isoOf(modifiedAt),
});

/** What is known about an image without reading its file: a hash and evidence that its source gives, or why it has none. */
export type GivenImage = Pick<
  ListedImage,
  "ordinal" | "givenHash" | "givenEvidence" | "bytes" | "width" | "height" | "failure"
>;

/** Of PostgreSQL's type integer. */
const MAX_ORDINAL = 2_147_483_647;

const GIVEN_COLUMNS = sql.raw(
  'ordinal, bytes::float8 as bytes, given_hash as "givenHash", given_evidence as "givenEvidence", width, height, failure',
);

/** Live images with from <= ordinal < to, in order. Plain rows: a mapper would double the time of a listing. */
export const readImages = async (
  db: Db,
  catalogId: string,
  from: number,
  to: number,
  condition = sql`true`,
): Promise<ListedImage[]> => {
  const { rows } = await db.execute<GivenImage & NamedRow & Pick<ListedImage, "fingerprint">>(sql`
    select ${GIVEN_COLUMNS}, path, fingerprint, modified_at as "modifiedAt" from image
    where catalog_id = ${catalogId} and ordinal >= ${from} and ordinal < ${to} and vanished_in is null and ${condition}
    order by ordinal`);
  return rows.map(named);
};

/** Those of the images that are live, in no particular order. */
export const readLive = async (db: Db, catalogId: string, ordinals: readonly number[]): Promise<ListedImage[]> =>
  readImages(db, catalogId, 0, MAX_ORDINAL, sql`ordinal = any(${integers(ordinals)})`);

/** Live images with a given hash or a failure, with from <= ordinal < to, in order. Their names, most of a row, are left out. */
export const readGiven = async (db: Db, catalogId: string, from: number, to: number): Promise<GivenImage[]> => {
  const { rows } = await db.execute<GivenImage>(sql`
    select ${GIVEN_COLUMNS} from image
    where catalog_id = ${catalogId} and ordinal >= ${from} and ordinal < ${to} and vanished_in is null
      and (given_hash is not null or failure is not null)
    order by ordinal`);
  return rows;
};

/**
 * A job's own images all have rows, from the first position of their block on: rows are never deleted one by one. In blocks
 * of earlier jobs one may be missing that those jobs have reported.
 * @throws MissingDataError where a row of the block is missing that this job has listed
 */
export const requireListed = async (db: Db, { id, blockSize }: CatalogShape, block: number, jobId: string) => {
  if (blockSize === null) return;
  const first = block * blockSize;
  const counted = await db.execute<{ images: number; last: number | null; isOwn: boolean }>(sql`
    select count(*)::int as images, max(ordinal) as last,
      case when count(*) > 0 then bool_or(listed_in = ${jobId})
        else not exists (select from job where catalog_id = ${id} and id <> ${jobId} and total_blocks > ${block}) end as "isOwn"
    from image where catalog_id = ${id} and ordinal >= ${first} and ordinal < ${first + blockSize}`);
  const { images, last, isOwn } = onlyRow(counted);
  const expected = Math.max(1, last === null ? 0 : last - first + 1);
  if (isOwn && images < expected)
    throw missingData(
      [`rows of ${expected - images} images in block ${block} of catalog ${id}`],
      "replay with apply restores them from the log; a job of mode full finds their files again.",
    );
};

/** The other live images, whose files must be read, with from <= ordinal < to, in order. */
export const readUnread = (db: Db, catalogId: string, from: number, to: number): Promise<ListedImage[]> =>
  readImages(db, catalogId, from, to, sql`given_hash is null and failure is null`);

/** Paths, times and fingerprints of images, in no particular order. */
export const readNames = async (db: Db, catalogId: string, ordinals: Uint32Array, condition = sql`true`) => {
  const { rows } = await db.execute<NamedRow & { ordinal: number; fingerprint: string }>(sql`
    select ordinal, path, fingerprint, modified_at as "modifiedAt" from image
    where catalog_id = ${catalogId} and ordinal = any(${integers(ordinals)}) and ${condition}`);
  return rows.map(named);
};

/** Ordinals of the images that have one of these paths, or had it when they vanished. */
export const findOrdinals = async (db: Db, catalogId: string, paths: readonly Buffer[]): Promise<number[]> => {
  const { rows } = await db.execute<{ ordinal: number }>(sql`
    select ordinal from image where catalog_id = ${catalogId} and path = any(${sql.param([...paths])}::bytea[])`);
  return rows.map(({ ordinal }) => ordinal);
};

export interface FailurePage extends Page<number> {
  readonly catalogId: string;
  readonly blockSize: number;
  readonly quarantinedBlocks: readonly number[];
}

/** Live images that could not be hashed, with the reason, in order of their ordinals. */
export const listFailures = async (db: Db, { catalogId, blockSize, quarantinedBlocks, after, limit }: FailurePage) => {
  const block = sql`ordinal / ${blockSize}::int`;
  const position = sql`ordinal % ${blockSize}::int`;
  const { rows } = await db.execute<{ ordinal: number; path: Buffer; failure: Failure | null }>(sql`
    select ordinal, path, details -> (${position}) as failure
    from image left join hash_block on hash_block.catalog_id = image.catalog_id and block = ${block}
    where image.catalog_id = ${catalogId} and vanished_in is null and ordinal > ${after}
      and case when block is null then ${block} = any(${integers(quarantinedBlocks)})
               else failed_images > 0 and get_byte(states, ${position}) = ${STATE.failed} end
    order by ordinal limit ${limit}`);
  return rows.map(({ ordinal, path, failure }) => ({
    ordinal,
    path: nameOfBytes(path),
    ...(failure ?? { reason: "quarantined" as const, detail: "its block failed in every attempt" }),
  }));
};

/** Live images whose files are damaged although they could be decoded, with what is wrong, in order of their ordinals. */
export const listDamaged = async (
  db: Db,
  { catalogId, blockSize, after, limit }: Pick<FailurePage, "catalogId" | "blockSize" | "after" | "limit">,
) => {
  // Whole blocks, each once: to take one image's facts from a block costs as much as to read all of them.
  const { rows } = await db.execute<{ ordinal: number; path: Buffer; detail: string }>(sql`
    with damaged as (
      select block * ${blockSize}::int + (position - 1)::int as ordinal, facts ->> 'damaged' as detail
      from hash_block, jsonb_array_elements(details) with ordinality as element(facts, position)
      where catalog_id = ${catalogId} and block >= ${after + 1}::int / ${blockSize}::int
        and jsonb_path_exists(details, '$[*].damaged') and jsonb_typeof(facts) = 'object' and facts ? 'damaged')
    select ordinal, path, detail from damaged join image using (ordinal)
    where image.catalog_id = ${catalogId} and vanished_in is null and ordinal > ${after}
    order by ordinal limit ${limit}`);
  return rows.map(({ path, ...row }) => ({ ...row, path: nameOfBytes(path) }));
};

/**
 * Whether a row of the table `image` was ever hashed. A job that stopped while it listed leaves rows that nobody has seen: a
 * wrong disk may have been mounted.
 */
export const isHashed = sql`exists (
  select from hash_block join catalog on catalog.id = hash_block.catalog_id
  where hash_block.catalog_id = image.catalog_id and hash_block.block = image.ordinal / catalog.block_size
    and substring(states from image.ordinal % catalog.block_size + 1 for 1) not in ('', ${Buffer.of(STATE.absent)}::bytea))`;

/**
 * Images that scans no longer find, by ordinal, and since when: neither archived, nor replaced by other content under
 * their path, nor found by the same scan as the same picture with other metadata under another path. They are images again
 * as soon as a scan finds their content.
 */
export const listMissing = async (db: Db, { id, blockSize }: CatalogShape, { after, limit }: Page<number>) => {
  const { digestOf, blockOf, isKnown } = pictureDigests(blockSize);
  const { rows } = await db.execute<{ ordinal: number; path: Buffer; bytes: number | null; missingSince: string }>(sql`
    with added as materialized (
      select now.listed_in, ${digestOf("now")} as picture
      from image as now ${blockOf("now")}
      where now.catalog_id = ${id} and now.vanished_in is null and ${isKnown("now")}
        and now.listed_in in (select vanished_in from image where catalog_id = ${id} and vanished_in is not null))
    select image.ordinal, path, bytes::float8 as bytes, job.accepted_at as "missingSince"
    from image join job on job.id = vanished_in ${blockOf("image")}
    where image.catalog_id = ${id} and image.ordinal > ${after} and ${isHashed}
      and image.ordinal not in (${archivedImages(id)})
      and (vanished_in, ${digestOf("image")}) not in (select listed_in, picture from added)
      and not exists (
        select from image as other
        where other.catalog_id = image.catalog_id and other.path = image.path
          and (other.vanished_in is null or image.vanished_in in (other.listed_in, other.moved_in)))
    order by image.ordinal limit ${limit}`);
  return rows.map(({ ordinal, path, bytes, missingSince }) => ({
    ordinal,
    path: nameOfBytes(path),
    bytes,
    missingSince: isoOf(missingSince),
  }));
};

export interface CatalogShape {
  readonly id: string;
  readonly blockSize: number | null;
}

/** Live images that the rest of the statement selects: a condition, an order, a limit. */
export const imagesWhere = async (db: Db, { id, blockSize }: CatalogShape, rest: SQL) => {
  const { rows } = await db.execute<NamedRow & { ordinal: number; fingerprint: string }>(sql`
    select ordinal, path, fingerprint, modified_at as "modifiedAt" from image
    where catalog_id = ${id} and vanished_in is null and ${rest}`);
  const factsOf = await readFacts(db, id, blockSize, rows);
  return rows.map((row) => ({ ...factsOf(row.ordinal), ...named(row) }));
};

/** A listed image with what its hashing found. */
export type CatalogImage = Awaited<ReturnType<typeof imagesWhere>>[number];

/** Live images after an ordinal, in order. */
export const listImages = (db: Db, catalog: CatalogShape, { after, limit }: Page<number>): Promise<CatalogImage[]> =>
  imagesWhere(db, catalog, sql`ordinal > ${after} order by ordinal limit ${limit}`);

/** The live images among these ordinals. */
export const findImages = (db: Db, catalog: CatalogShape, ordinals: readonly number[]): Promise<CatalogImage[]> =>
  imagesWhere(db, catalog, sql`${isOneOf(sql`ordinal`, ordinals)} order by ordinal`);

/** About so many live images, evenly from the whole catalog. */
export const sampleImages = async (
  db: Db,
  catalogId: string,
  count: number,
): Promise<{ readonly path: string; readonly fingerprint: string }[]> => {
  const { rows } = await db.execute<{ path: Buffer; fingerprint: string }>(sql`
    select path, fingerprint from image
    where catalog_id = ${catalogId} and vanished_in is null and ordinal in (
      select (number * ((select max(ordinal) from image where catalog_id = ${catalogId}) + 1) / ${count}::bigint)::int
      from generate_series(0, ${count}::bigint - 1) as number)`);
  return rows.map(({ path, fingerprint }) => ({ path: nameOfBytes(path), fingerprint }));
};

/** Live images of a catalog. */
export const countImages = (db: Db, catalogId: string): Promise<number> =>
  db.$count(image, sql`catalog_id = ${catalogId} and vanished_in is null`);
