import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { currentMark, type SourceMark } from "@lookalike/shared/domain/image/listing-mark";
import type { Source } from "@lookalike/shared/domain/job/options";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/ordinal-set";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { Census } from "@lookalike/shared/store/catalog/census";
import {
  analyzeGrown,
  type Listing,
  markUnseenVanished,
  StaleMarkError,
} from "@lookalike/shared/store/catalog/listing";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Store } from "@lookalike/shared/store/open";
import type { Emit } from "./emit.ts";
import { record } from "./record-listing.ts";
import type { Walk } from "./sources/walk.ts";

/** What a walk needs. */
export interface Walker {
  readonly store: Store;
  readonly tell: Emit;
  readonly walk: (source: Source, mark: SourceMark | null) => Promise<Walk>;
}

/**
 * Walks the catalog's source to its end, from the mark of an earlier walk where that still holds.
 * @param before the catalog before the walk
 * @returns null when the job no longer lists
 * @throws ListingError where the source can't be read
 */
export const walkCatalog = async (
  { store, tell, walk }: Walker,
  catalog: CatalogRow,
  job: JobRow,
  before: Census,
): Promise<Walk | null> => {
  const through = async (mark: SourceMark | null): Promise<Walk | null> => {
    const walked = await walk(catalog.source, mark);
    const listing: Listing = {
      catalogId: catalog.id,
      jobId: job.id,
      seen: new OrdinalSet(),
      seenBefore: new OrdinalSet(),
      retried: job.mode === "retry" ? failedOrdinals(before, catalog.blockSize ?? 1) : new OrdinalSet(),
      isContinued: walked.continues,
      begin: before.end,
      remaining: before.images,
      next: 0,
    };
    if (!(await record(store, tell, listing, walked.parts))) return null;
    if (!walked.continues) await markUnseenVanished(store.db, listing);
    await analyzeGrown(store.db, listing, before.images);
    return walked;
  };
  try {
    return await through(job.mode === "retry" ? null : currentMark(catalog.listingMark, before));
  } catch (error) {
    if (error instanceof StaleMarkError) return through(null);
    throw error;
  }
};

/** Images of the catalog's hashed blocks that have no hash. */
const failedOrdinals = ({ hashed }: Census, blockSize: number): OrdinalSet => {
  const ordinals = new OrdinalSet();
  for (const { block, states } of hashed)
    states.forEach((state, position) => {
      if (state === STATE.failed) ordinals.add(block * blockSize + position);
    });
  return ordinals;
};
