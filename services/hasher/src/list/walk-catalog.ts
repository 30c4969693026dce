import { countState, failureAt, PASSING_REASONS } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { Listing } from "@lookalike/shared/domain/image/listing";
import { areTooManyMissing, MissingImages } from "@lookalike/shared/domain/image/missing-images";
import type { JobMode } from "@lookalike/shared/domain/job/options";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { readBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { Census } from "@lookalike/shared/store/catalog/census";
import { findContents } from "@lookalike/shared/store/catalog/contents";
import {
  analyzeGrown,
  countHashed,
  countUnseen,
  markUnseenVanished,
  movedImages,
  unreadablePaths,
  unseenPaths,
} from "@lookalike/shared/store/catalog/listing";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db, Store } from "@lookalike/shared/store/open";
import { recognize } from "./recognize.ts";
import { type Emit, emitImages, type InTurn, type Recognize, recordWalk } from "./record-listing.ts";
import { Exclusions } from "./sources/exclusions.ts";
import { ListingError, type MarkedCatalog, type Walk } from "./sources/walk.ts";

/** What a walk needs. */
export interface Walker {
  readonly store: Store;
  readonly emit: Emit;
  readonly walk: (catalog: CatalogRow, resume: MarkedCatalog | null) => Promise<Walk>;
  /** Stores or publishes something of the walk, when it is this listing's turn. */
  readonly inTurn: InTurn;
}

/**
 * Walks the catalog's source to its end, from the mark of an earlier walk where that still holds.
 * @param before the catalog before the walk
 * @returns null when the job no longer lists
 * @throws ListingError where the source can't be read
 */
export const walkCatalog = async (
  { store, emit, walk: walkSource, inTurn }: Walker,
  catalog: CatalogRow,
  job: JobRow,
  before: Census,
): Promise<Walk | null> => {
  const { db } = store;
  const { end, images } = before;
  const retried = await retriedOrdinals(db, catalog, job.mode, before);
  const hashedBlocks = new Set(before.hashed.map(({ block }) => block));
  const isHashed = (ordinal: number): boolean =>
    catalog.blockSize !== null && hashedBlocks.has(Math.floor(ordinal / catalog.blockSize));
  const start = { catalogId: catalog.id, jobId: job.id, end, images, retried };
  const record = async (walk: Walk): Promise<Walk | null> => {
    const { files, isResumed, parts } = walk;
    const rereads = job.mode === "full" && files !== null && !files.provesContent;
    const listing = new Listing({ ...start, isResumed, rereads, recognizes: files !== null });
    const contents = (ordinals: readonly number[], sizes: readonly number[]) =>
      findContents(db, catalog, ordinals, sizes);
    const find: Recognize = async (unrecognized) =>
      files === null ? new Map() : recognize({ files, findContents: contents, isHashed, rereads }, unrecognized);
    const outcome = await recordWalk({ store, emit, inTurn }, listing, parts, find).finally(walk.close);
    if (outcome === "stopped") return null;
    if (outcome === "stale-mark") return record(await walkSource(catalog, null));
    if (!isResumed) await markMissing(db, listing, job, catalog, walk);
    await emitImages(emit, "images-moved", await movedEarlier(db, listing));
    await analyzeGrown(db, listing);
    return walk;
  };
  const resume = { mark: catalog.listingMark, end, images };
  return record(await walkSource(catalog, job.mode === "retry" ? null : resume));
};

/** Makes tombstones of the images that the walk has not found. @throws ListingError where they are too many to be believed */
const markMissing = async (
  db: Db,
  listing: Listing,
  { options }: JobRow,
  catalog: CatalogRow,
  walk: Walk,
): Promise<void> => {
  const unseen = await countUnseen(db, listing);
  // A disk or share that fails may still show its files.
  const unreadable = walk.tally?.counts().unreadable ?? 0;
  if (unseen + unreadable === 0) return;
  const known = await countHashed(db, listing);
  if (!options.acceptMissing && areTooManyMissing(unseen + unreadable, known)) {
    const missing = await missingImages(db, listing, catalog, walk);
    if (areTooManyMissing(missing.count, known)) throw new ListingError(missing.refusal(known), missing.count);
  }
  await markUnseenVanished(db, listing);
};

/** The images that the walk has not found although nobody archived or excluded them. */
const missingImages = async (
  db: Db,
  listing: Listing,
  { source, mounts: mountsBefore }: CatalogRow,
  { tally }: Walk,
): Promise<MissingImages> => {
  const counts = tally?.counts();
  const missing = new MissingImages({
    isFolder: source.kind === "directory",
    isEmpty: counts?.total === 0,
    mounts: tally?.mounts ?? [],
    // A list of files says nothing of the folder around them.
    mountsBefore: (tally === null ? null : mountsBefore) ?? [],
    unreadable: counts?.unreadablePaths ?? [],
  });
  const exclusions = source.kind === "hashes" ? null : new Exclusions(source);
  for await (const path of unseenPaths(db, listing))
    if (exclusions === null || exclusions.ruleOfKey(path) === null) missing.add(path);
  if ((counts?.unreadable ?? 0) > 0) for (const path of await unreadablePaths(db, listing)) missing.addUnreadable(path);
  return missing;
};

/** What an earlier walk of this job has moved, and may not have published. */
const movedEarlier = async (db: Db, { start: { catalogId, jobId }, moved }: Listing): Promise<ListedImage[]> =>
  (await movedImages(db, catalogId, jobId)).filter(({ ordinal }) => !moved.has(ordinal));

/** Images to read again although their files are the same: those that failed, in mode retry all, else those whose reason may have passed. */
const retriedOrdinals = async (
  db: Db,
  { id, blockSize }: CatalogRow,
  mode: JobMode,
  { hashed }: Census,
): Promise<OrdinalSet> => {
  const ordinals = new OrdinalSet();
  if (blockSize === null) return ordinals;
  const failing = hashed.filter((block) => countState(block, "failed") > 0).map(({ block }) => block);
  for await (const block of readBlocks(db, id, failing, ["block", "states", "details"]))
    block.states.forEach((_, position) => {
      const failure = failureAt(block, position);
      if (failure !== null && (mode === "retry" || PASSING_REASONS.has(failure.reason)))
        ordinals.add(block.block * blockSize + position);
    });
  return ordinals;
};
