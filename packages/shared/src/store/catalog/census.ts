import { sql } from "drizzle-orm";
import { countLive, type HashBlock } from "../../domain/image/hash-block.ts";
import { type HashedAs, isHashedAs, listBlocks } from "../blocks/hash-blocks.ts";
import type { Db } from "../open.ts";
import { integers, onlyRow } from "../sql.ts";
import { allVanished, type CatalogShape } from "./images.ts";

/** What a catalog holds. */
export interface Census {
  /** One past the highest ordinal ever given out. */
  readonly end: number;
  /** Live images. */
  readonly images: number;
  /** Live images in blocks that are not hashed. */
  readonly unhashedImages: number;
  /** Live images in hashed blocks that could not be hashed. */
  readonly failedImages: number;
  readonly hashed: readonly Pick<HashBlock, "block" | "states">[];
}

/**
 * Counts a catalog's images without reading each: hashed blocks say what is in them, tombstones
 * have an index of their own, and rows are counted in open blocks only.
 * @param expected blocks that were hashed in another way count as not hashed
 * @param known the blocks that count as hashed; left out: all that are stored
 */
export const takeCensus = async (
  db: Db,
  { id, blockSize }: CatalogShape,
  expected: HashedAs,
  known?: Census["hashed"],
): Promise<Census> => {
  const end = await endOfCatalog(db, id);
  if (blockSize === null) {
    const images = await countRanges(db, id, [{ from: 0, to: end }]);
    return { end, images, unhashedImages: images, failedImages: 0, hashed: [] };
  }
  const hashed = known ?? (await listBlocks(db, id, ["block", "states"], isHashedAs(expected)));
  const inHashed = countLive(hashed, blockSize, await allVanished(db, id));
  const unhashedImages = await countRanges(db, id, openRanges(hashed, blockSize, end));
  return {
    end,
    images: inHashed.images + unhashedImages,
    unhashedImages,
    failedImages: inHashed.failedImages,
    hashed,
  };
};

/** One past the highest ordinal ever given out. */
export const endOfCatalog = async (db: Db, catalogId: string): Promise<number> => {
  const highest = await db.execute<{ end: number }>(sql`
    select coalesce(max(ordinal) + 1, 0) as end from image where catalog_id = ${catalogId}`);
  return onlyRow(highest).end;
};

/** Length in bits of the hashes that the source provides; null where no image has one. */
export const givenHashBits = async (db: Db, catalogId: string): Promise<number | null> => {
  const { rows } = await db.execute<{ bits: number }>(sql`
    select length(given_hash) * 8 as bits from image
    where catalog_id = ${catalogId} and given_hash is not null
    order by ordinal limit 1`);
  return rows[0]?.bits ?? null;
};

interface OrdinalRange {
  readonly from: number;
  readonly to: number;
}

/** Ordinals below `end` that are in no hashed block. */
const openRanges = (hashed: Census["hashed"], blockSize: number, end: number): OrdinalRange[] => {
  const ranges: OrdinalRange[] = [];
  let from = 0;
  for (const { block } of hashed.toSorted((a, b) => a.block - b.block)) {
    if (block * blockSize > from) ranges.push({ from, to: block * blockSize });
    from = (block + 1) * blockSize;
  }
  if (end > from) ranges.push({ from, to: end });
  return ranges;
};

/** Live images in ranges of ordinals. */
const countRanges = async (db: Db, catalogId: string, ranges: readonly OrdinalRange[]): Promise<number> => {
  const begins = integers(ranges.map(({ from }) => from));
  const ends = integers(ranges.map(({ to }) => to));
  const counted = await db.execute<{ images: number }>(sql`
    select coalesce(sum(images), 0)::int as images
    from unnest(${begins}, ${ends}) as open (begins, ends)
    cross join lateral (
      select count(*) as images from image
      where catalog_id = ${catalogId} and vanished_in is null and ordinal >= begins and ordinal < ends
    ) as counted`);
  return onlyRow(counted).images;
};
