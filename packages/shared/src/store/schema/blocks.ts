import { sql } from "drizzle-orm";
import { integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { Failure, ImageFacts } from "../../domain/image/hash-block.ts";
import { FIRST_FORMAT } from "../../domain/image/hash-format.ts";
import { bytea } from "./columns.ts";

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
    details: jsonb("details").$type<(ImageFacts | Failure | null)[]>().notNull(),
    failedImages: integer("failed_images").notNull(),
    digest: text("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.catalogId, table.block] })],
);
