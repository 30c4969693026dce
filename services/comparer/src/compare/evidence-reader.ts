import { hash } from "node:crypto";
import type { EvidenceBlock, EvidenceTile } from "@lookalike/engine/candidates/candidate-tile";
import { joinEvidence } from "@lookalike/shared/domain/image/block-evidence";
import type { HashBlock } from "@lookalike/shared/domain/image/hash-block";
import { numbersIn, type Range } from "@lookalike/shared/domain/job/plan";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { readEvidence, readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";
import type { ComparedCatalog } from "./hash-reader.ts";

type StoredBlock = Pick<HashBlock, "block" | "states" | "evidenceDigest">;

/**
 * Reads the evidence of blocks, in memory that worker threads share, and caches it by its digest.
 * @param maxBytes size of the cached blocks
 */
export const createEvidenceReader = (db: Db, maxBytes: number) => {
  const cache = new LRUCache<string, EvidenceBlock, { catalog: ComparedCatalog; stored: StoredBlock }>({
    maxSize: maxBytes,
    sizeCalculation: ({ joined }) => joined.length + 64,
    fetchMethod: async (_key, _stale, { context: { catalog, stored } }) => {
      const joined = joinEvidence(await readEvidence(db, catalog.id, stored));
      const shared = new Uint8Array(new SharedArrayBuffer(joined.length));
      shared.set(joined);
      const firstOrdinal = stored.block * catalog.blockSize;
      return { firstOrdinal, positions: stored.states.length, joined: shared };
    },
  });
  /** @throws MissingDataError where a block that was hashed is not stored, or its evidence */
  return async (catalog: ComparedCatalog, range: Range): Promise<EvidenceTile> => {
    const { id, blockSize, hashFormat, quarantined } = catalog;
    const numbers = numbersIn(range).filter((block) => !has(quarantined, block));
    const columns = ["states", "evidenceDigest"] as const;
    const blocks: EvidenceBlock[] = [];
    const digests: (string | null)[] = [];
    for await (const row of readRequired(db, { catalogId: id, numbers, hashFormat }, columns)) {
      digests.push(row.evidenceDigest);
      if (row.evidenceDigest === null) continue;
      // A row is part of a query's answer.
      const stored = { block: row.block, states: row.states.slice(), evidenceDigest: row.evidenceDigest };
      const key = `${id}:${row.block}:${row.evidenceDigest}`;
      blocks.push(await cache.forceFetch(key, { context: { catalog, stored } }));
    }
    const from = range.from * blockSize;
    const tile = `${id}:${range.from}-${range.to}:${hash("sha256", JSON.stringify([numbers, digests]))}`;
    return { id: tile, from, count: range.to * blockSize - from, blocks };
  };
};
