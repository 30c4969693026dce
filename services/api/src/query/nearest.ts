import { hashRows } from "@lookalike/engine/compare/block-hashes";
import { createBlockCache } from "@lookalike/shared/store/blocks/block-cache";
import { hasFormat, listBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { hashedBlocks, requireStored } from "@lookalike/shared/store/blocks/required-blocks";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import { inThread } from "../worker-thread.ts";
import type { Near, NearestSearch } from "./nearest-worker.ts";

/** Eight million hashes of 256 bits, with their ordinals. */
export const CACHE_BYTES = 301_989_888;

/**
 * Finds the first `limit` images of a catalog whose hashes are within `maxDistance` bits of `hash`,
 * nearest first. Vanished images are among them.
 * @throws MissingDataError where a block that was hashed is not stored: "there is nothing like it" would be wrong
 */
export type Nearest = (catalog: CatalogRow, hash: Uint8Array, maxDistance: number, limit: number) => Promise<Near[]>;

/** Searches in a worker thread. The hashes of the catalogs used last are in memory; a search reads only new blocks. */
export const createNearest = (tenants: TenantStores): Nearest => {
  const search = inThread<NearestSearch, Near[]>(new URL("./nearest-worker.js", import.meta.url));
  const cache = createBlockCache({
    columns: ["states", "hashes"],
    toValue: (row, blockSize) => hashRows(row, row.block * blockSize),
    sizeOf: ({ ordinals, words }) => ordinals.byteLength + words.byteLength + 64,
    maxSize: CACHE_BYTES,
  });
  return async ({ id, tenant, blockSize, hashBits, hashFormat, blockRevision }, hash, maxDistance, limit) => {
    if (blockSize === null || hashBits === null || hashFormat === null) return [];
    const { db } = tenants.ofTenant(tenant);
    const expected = await hashedBlocks(db, id);
    const stored = await listBlocks(db, id, ["block"], hasFormat(hashFormat));
    const numbers = stored.map(({ block }) => block);
    const blocks = await cache.load(db, { id, blockSize, hashBits, hashFormat, blockRevision }, numbers);
    requireStored(id, expected, blocks);
    return search({ blocks: [...blocks.values()], hash, maxDistance, limit });
  };
};
