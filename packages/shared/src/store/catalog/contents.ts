import { type SQL, sql } from "drizzle-orm";
import { nameOfBytes } from "../../domain/image/file-name.ts";
import { contentDigestAt, STATE } from "../../domain/image/hash-block.ts";
import type { KnownImage } from "../../domain/image/listing.ts";
import { toHex } from "../../domain/primitives/encoding.ts";
import { groupBy } from "../../domain/primitives/group-by.ts";
import { hashedBlocks, readRequired } from "../blocks/required-blocks.ts";
import type { Db } from "../open.ts";
import { integers } from "../sql.ts";
import { type CatalogShape, readNames } from "./images.ts";

/** An image whose content was hashed. */
export interface KnownContent extends KnownImage {
  readonly bytes: number | null;
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
}

/** Hashed images of these ordinals, and all of a size in bytes that is among these, live or not. */
export const findContents = async (
  db: Db,
  { id, blockSize }: CatalogShape,
  ordinals: readonly number[],
  sizes: readonly number[],
): Promise<KnownContent[]> => {
  if (blockSize === null) return [];
  const position = sql`ordinal % ${blockSize}::int`;
  const select = async (condition: SQL): Promise<KnownContent[]> => {
    const { rows } = await db.execute<Omit<KnownContent, "path"> & { path: Buffer }>(sql`
      select ordinal, path, fingerprint, bytes::float8 as bytes, listed_in as "listedIn", vanished_in is null as "isLive",
        encode(substring(content_digests from ${position} * 32 + 1 for 32), 'hex') as digest
      from image join hash_block using (catalog_id)
      where catalog_id = ${id} and block = ordinal / ${blockSize}::int and given_hash is null and ${condition}
        and content_digests <> '' and get_byte(states, ${position}) in (${STATE.hashed}, ${STATE.flat})
      order by ordinal`);
    return rows.map((row) => ({ ...row, path: nameOfBytes(row.path) }));
  };
  const found = await Promise.all([
    select(sql`ordinal = any(${integers(ordinals)})`),
    select(sql`bytes = any(${sql.param([...sizes])}::bigint[])`),
  ]);
  return found.flat();
};

/**
 * Live images by the SHA-256 of their files, in hexadecimal, for those digests that are looked for.
 * @throws MissingDataError where a hashed block is not stored
 */
export const findByDigest = async (
  db: Db,
  { id, blockSize }: CatalogShape,
  digests: ReadonlySet<string>,
): Promise<Map<string, { readonly ordinal: number; readonly path: string }[]>> => {
  const digestOf = new Map<number, string>();
  if (blockSize === null || digests.size === 0) return new Map();
  const numbers = await hashedBlocks(db, id);
  for await (const block of readRequired(db, { catalogId: id, numbers }, ["states", "contentDigests"]))
    block.states.forEach((state, position) => {
      const digest = state === STATE.absent ? null : contentDigestAt(block, position);
      const hex = digest === null ? "" : toHex(digest);
      if (digests.has(hex)) digestOf.set(block.block * blockSize + position, hex);
    });
  const names = await readNames(db, id, Uint32Array.from(digestOf.keys()), sql`vanished_in is null`);
  const ordered = names.sort((a, b) => a.ordinal - b.ordinal);
  return groupBy(ordered, ({ ordinal }) => digestOf.get(ordinal) ?? "");
};
