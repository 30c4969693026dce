import { type SQL, sql } from "drizzle-orm";
import { PICTURE_DIGEST_BYTES } from "../../domain/image/hash-block.ts";

/** Picture digests in SQL. @param table an alias of the table `image` */
export const pictureDigests = (blockSize: number | null) => {
  const digestOf = (table: string): SQL =>
    sql.raw(`substring(${table}_block.picture_digests
    from ${table}.ordinal % ${blockSize} * ${PICTURE_DIGEST_BYTES} + 1 for ${PICTURE_DIGEST_BYTES})`);
  return {
    digestOf,
    blockOf: (table: string): SQL =>
      sql.raw(`join hash_block as ${table}_block
    on ${table}_block.catalog_id = ${table}.catalog_id and ${table}_block.block = ${table}.ordinal / ${blockSize}`),
    isKnown: (table: string): SQL =>
      sql`${digestOf(table)} not in ('', ${new Uint8Array(PICTURE_DIGEST_BYTES)}::bytea)`,
  };
};
