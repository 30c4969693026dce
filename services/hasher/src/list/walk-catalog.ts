import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { Listing } from "@lookalike/shared/domain/image/listing";
import type { Source } from "@lookalike/shared/domain/job/source";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { Census } from "@lookalike/shared/store/catalog/census";
import { analyzeGrown, markUnseenVanished } from "@lookalike/shared/store/catalog/listing";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Store } from "@lookalike/shared/store/open";
import { type Emit, recordWalk } from "./record-listing.ts";
import type { MarkedCatalog, Walk } from "./sources/walk.ts";

/** What a walk needs. */
export interface Walker {
  readonly store: Store;
  readonly emit: Emit;
  readonly walk: (source: Source, resume: MarkedCatalog | null) => Promise<Walk>;
}

/**
 * Walks the catalog's source to its end, from the mark of an earlier walk where that still holds.
 * @param before the catalog before the walk
 * @returns null when the job no longer lists
 * @throws ListingError where the source can't be read
 */
export const walkCatalog = async (
  { store, emit, walk: walkSource }: Walker,
  catalog: CatalogRow,
  job: JobRow,
  before: Census,
): Promise<Walk | null> => {
  const { end, images } = before;
  const retried = job.mode === "retry" ? failedOrdinals(before, catalog.blockSize) : new OrdinalSet();
  const start = { catalogId: catalog.id, jobId: job.id, end, images, retried };
  const record = async (walk: Walk): Promise<Walk | null> => {
    const listing = new Listing({ ...start, isResumed: walk.isResumed });
    const outcome = await recordWalk(store, emit, listing, walk.parts);
    if (outcome === "stopped") return null;
    if (outcome === "stale-mark") return record(await walkSource(catalog.source, null));
    if (!walk.isResumed) await markUnseenVanished(store.db, listing);
    await analyzeGrown(store.db, listing);
    return walk;
  };
  const resume = { mark: catalog.listingMark, end, images };
  return record(await walkSource(catalog.source, job.mode === "retry" ? null : resume));
};

/** Images of the catalog's hashed blocks that could not be hashed. */
const failedOrdinals = ({ hashed }: Census, blockSize: number | null): OrdinalSet => {
  const ordinals = new OrdinalSet();
  if (blockSize === null) return ordinals;
  for (const { block, states } of hashed)
    states.forEach((state, position) => {
      if (state === STATE.failed) ordinals.add(block * blockSize + position);
    });
  return ordinals;
};
