import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import { countLive, type HashBlock } from "../../domain/image/hash-block.ts";
import { hasFormat, listBlocks } from "../blocks/hash-blocks.ts";
import type { Db } from "../open.ts";
import { image } from "../schema.ts";
import { allVanished } from "./images.ts";

/** What a catalog holds. */
export interface Census {
  /** One past the highest ordinal ever given out. */
  readonly end: number;
  /** Live images. */
  readonly images: number;
  /** Those of them in blocks that are not hashed. */
  readonly unhashedImages: number;
  /** Those in hashed blocks that could not be hashed. */
  readonly failedImages: number;
  readonly hashed: readonly Pick<HashBlock, "block" | "states">[];
}

/**
 * Counts a catalog's images without looking at each: hashed blocks say what is in them, tombstones
 * have an index of their own, and rows are counted in open blocks only.
 * @param hashFormat blocks with hashes of another format count as not hashed
 * @param before of the same job, which hashes no block while it lists
 */
export const takeCensus = async (
  db: Db,
  { id, blockSize }: { readonly id: string; readonly blockSize: number | null },
  hashFormat: string,
  before?: Census,
): Promise<Census> => {
  const end = await endOfCatalog(db, id);
  const hashed =
    before?.hashed ?? (blockSize === null ? [] : await listBlocks(db, id, ["block", "states"], hasFormat(hashFormat)));
  const inHashed = countLive(hashed, blockSize ?? 1, await allVanished(db, id));
  const unhashedImages = await countRanges(db, id, openRanges(hashed, blockSize ?? 1, end));
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
  const rows = await db
    .select({ ordinal: image.ordinal })
    .from(image)
    .where(eq(image.catalogId, catalogId))
    .orderBy(desc(image.ordinal))
    .limit(1);
  return (rows[0]?.ordinal ?? -1) + 1;
};

/** Length in bits of the hashes that the source provides; null where no image has one. */
export const givenHashBits = async (db: Db, catalogId: string): Promise<number | null> => {
  const rows = await db
    .select({ bytes: sql<number>`length(${image.givenHash})` })
    .from(image)
    .where(and(eq(image.catalogId, catalogId), isNotNull(image.givenHash)))
    .orderBy(asc(image.ordinal))
    .limit(1);
  const [first] = rows;
  return first === undefined ? null : first.bytes * 8;
};

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Ordinals below `end` that lie in no hashed block. */
const openRanges = (hashed: Census["hashed"], blockSize: number, end: number): Range[] => {
  const ranges: Range[] = [];
  let from = 0;
  for (const { block } of hashed.toSorted((a, b) => a.block - b.block)) {
    if (block * blockSize > from) ranges.push({ from, to: block * blockSize });
    from = (block + 1) * blockSize;
  }
  if (end > from) ranges.push({ from, to: end });
  return ranges;
};

/** Live images in ranges of ordinals. */
const countRanges = async (db: Db, catalogId: string, ranges: readonly Range[]): Promise<number> => {
  if (ranges.length === 0) return 0;
  const bounds = (of: (range: Range) => number) => sql`${sql.param(ranges.map(of))}::int[]`;
  const { rows } = await db.execute<{ images: number }>(sql`
    select coalesce(sum(images), 0)::int as images
    from unnest(${bounds(({ from }) => from)}, ${bounds(({ to }) => to)}) as open (begins, ends)
    cross join lateral (
      select count(*) as images from image
      where catalog_id = ${catalogId} and vanished_in is null and ordinal >= begins and ordinal < ends
    ) as counted`);
  return rows[0]?.images ?? 0;
};
