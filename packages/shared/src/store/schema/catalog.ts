import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Failure, ImageFacts } from "../../domain/image/hash-block.ts";
import { FIRST_FORMAT } from "../../domain/image/hash-format.ts";
import type { ListingMark } from "../../domain/image/listing.ts";
import type { Mount } from "../../domain/image/missing-images.ts";
import { Source } from "../../domain/job/source.ts";
import { bytea, parsedJson, time } from "./columns.ts";

export const catalog = pgTable(
  "catalog",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    name: text("name").notNull(),
    source: parsedJson(Source)("source").notNull(),
    /** Images per block, bits per hash and the hashes' format; null until a job has listed the catalog. */
    blockSize: integer("block_size"),
    hashBits: integer("hash_bits"),
    hashFormat: text("hash_format"),
    /** Whether its pictures' evidence has local features. */
    features: boolean("features").notNull().default(true),
    /** Whether its jobs verify the pairs that they find. */
    verification: boolean("verification").notNull().default(false),
    /** Counts replacements of stored blocks: what a process caches of them is valid for one revision. */
    blockRevision: integer("block_revision").notNull().default(0),
    /** Where the next walk over the source may begin; null = at the start. */
    listingMark: jsonb("listing_mark").$type<ListingMark>(),
    /** On which devices the last scan found the source's root and what is mounted below it; null = it was no folder. */
    mounts: jsonb("mounts").$type<readonly Mount[]>(),
    createdAt: time("created_at").notNull().default(sql`now()`),
    /** Hidden from its owner since then; its rows are deleted in small steps. */
    deletedAt: time("deleted_at"),
  },
  (table) => [unique("catalog_name").on(table.tenant, table.name)],
);

export const image = pgTable(
  "image",
  {
    catalogId: text("catalog_id").notNull(),
    ordinal: integer("ordinal").notNull(),
    /** Bytes, not text: file names need not be valid UTF-8. Relative to the source's root. */
    path: bytea("path").notNull(),
    /** Equal fingerprint = the image has not changed since it was listed. */
    fingerprint: text("fingerprint").notNull(),
    bytes: bigint("bytes", { mode: "number" }),
    modifiedAt: time("modified_at"),
    /** A hash that the source provides: its image is not decoded. */
    givenHash: bytea("given_hash"),
    /** Evidence that the source provides beside the hash. */
    givenEvidence: bytea("given_evidence"),
    width: integer("width"),
    height: integer("height"),
    failure: jsonb("failure").$type<Failure>(),
    listedIn: text("listed_in").notNull(),
    /** The job whose listing no longer found it. The row is a tombstone: no other content gets its ordinal. */
    vanishedIn: text("vanished_in"),
    /** The last job whose listing found its content under another path, with another time, or again after it had vanished. */
    movedIn: text("moved_in"),
    /** In which job it had vanished before that; null = it had not. */
    vanishedBefore: text("vanished_before"),
  },
  (table) => [
    primaryKey({ columns: [table.catalogId, table.ordinal] }),
    // Of the path's digest, because an index entry has at most 2,704 bytes, and a path has up to 4,096.
    uniqueIndex("image_path").on(table.catalogId, sql`sha256(${table.path})`).where(sql`vanished_in is null`),
    index("image_vanished").on(table.catalogId, table.ordinal).where(sql`vanished_in is not null`),
    index("image_moved").on(table.catalogId, table.movedIn).where(sql`moved_in is not null`),
    /** Finds the content of a moved file. Images of given hashes have no files. */
    index("image_bytes").on(table.catalogId, table.bytes).where(sql`given_hash is null`),
  ],
);

/** A hashed block, column for column the body of its `hash-done` event. */
export const hashBlock = pgTable(
  "hash_block",
  {
    catalogId: text("catalog_id").notNull(),
    block: integer("block").notNull(),
    hashFormat: text("hash_format").notNull().default(FIRST_FORMAT),
    jobId: text("job_id").notNull(),
    states: bytea("states").notNull(),
    hashes: bytea("hashes").notNull(),
    signatures: bytea("signatures").notNull().default(sql`''::bytea`),
    contentDigests: bytea("content_digests").notNull(),
    pictureDigests: bytea("picture_digests").notNull().default(sql`''::bytea`),
    details: jsonb("details").$type<(ImageFacts | Failure | null)[]>().notNull(),
    failedImages: integer("failed_images").notNull(),
    /** Digest of the block's parts in `block_evidence`; null where it has no evidence. */
    evidenceDigest: text("evidence_digest"),
    /** Local features that each picture's evidence has at most. */
    features: integer("features").notNull().default(0),
    digest: text("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.catalogId, table.block] })],
);

/**
 * The evidence of a block in parts. Those of a block that is hashed again are beside those of the stored one until its `hash-done`
 * replaces it.
 */
export const blockEvidence = pgTable(
  "block_evidence",
  {
    catalogId: text("catalog_id").notNull(),
    block: integer("block").notNull(),
    /** Of all parts of the block. */
    evidenceDigest: text("evidence_digest").notNull(),
    part: integer("part").notNull(),
    evidence: bytea("evidence").notNull(),
    /** Of this part. */
    digest: text("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.catalogId, table.block, table.evidenceDigest, table.part] })],
);
