import { chooseKernel } from "@lookalike/engine/choose-kernel";
import type { Bus } from "@lookalike/shared/bus/connect";
import { publishEvent } from "@lookalike/shared/bus/events";
import { emptySet, fullSet, withUnit } from "@lookalike/shared/domain/done-set";
import { resultId } from "@lookalike/shared/domain/event-id";
import type { EventOf, Task } from "@lookalike/shared/domain/events";
import { STATE } from "@lookalike/shared/domain/hash-block";
import { currentMark, type SourceMark } from "@lookalike/shared/domain/listing-mark";
import { defaultThresholdBits, radiusBitsFor, type Source } from "@lookalike/shared/domain/options";
import { OrdinalSet } from "@lookalike/shared/domain/ordinal-set";
import { defaultBlockSize } from "@lookalike/shared/domain/plan";
import type { Logger } from "@lookalike/shared/runtime/log";
import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalogs";
import { type Census, givenHashBits, takeCensus } from "@lookalike/shared/store/census";
import { readImages, vanishedOrdinals } from "@lookalike/shared/store/images";
import { findJob, type JobRow, latestBase } from "@lookalike/shared/store/jobs";
import { analyzeGrown, type Listing, MetAgain, markUnseenVanished } from "@lookalike/shared/store/listing";
import type { Store } from "@lookalike/shared/store/open";
import pMap from "p-map";
import { record, tellListed, tellVanished } from "./record.ts";
import { SourceError } from "./sources/source-error.ts";
import type { Walk } from "./sources/walk.ts";
import type { Tell } from "./tell.ts";

/** Blocks whose images are read and told at once. */
const BLOCKS_IN_FLIGHT = 8;
/** Hash length of images that are decoded here; a `hashes` source brings its own. */
const DECODED_HASH_BITS = 256;

interface Lister {
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Logger;
  readonly walk: (source: Source, mark: SourceMark | null) => Promise<Walk>;
}

/**
 * Lists a job's source into numbered images and tells the log. Delivered twice it walks twice, and
 * the numbers stay the same.
 */
export const listCatalog = async ({ bus, store, log, walk }: Lister, task: Task): Promise<void> => {
  const { db } = store;
  const catalog = await getCatalog(db, task.tenant, task.catalog);
  const job = await findJob(db, task.job);
  if (catalog === null || job === null || job.state !== "listing") return;
  const tell: Tell = (type, part, body) =>
    publishEvent(bus, type, task, resultId(task.job, "scan", 0, task.attempt, `${type}:${part}`), body);

  if (job.mode === "shadow") {
    const shadowed = await findJob(db, job.options.shadowOf ?? "");
    if (shadowed === null) throw new Error(`job ${job.id} is the shadow of no job`);
    await tell("listing-done", "", planAgain(job, shadowed));
    return;
  }
  const before = await takeCensus(db, catalog);
  let mark: SourceMark | null | undefined;
  if (job.mode !== "regroup") {
    const walked = await walkCatalog({ store, tell, walk }, catalog, job, before).catch((error: unknown) => {
      if (error instanceof SourceError) return error;
      throw error;
    });
    if (walked instanceof SourceError) {
      await tell("listing-failed", "", { detail: walked.message });
      return;
    }
    if (walked === null) return;
    mark = walked.mark();
  }

  const census = await takeCensus(db, catalog);
  const blockSize = catalog.blockSize ?? job.options.blockSize ?? defaultBlockSize(census.images);
  const hashBits = catalog.hashBits ?? ((await givenHashBits(db, catalog.id)) || DECODED_HASH_BITS);
  const thresholdBits = job.options.thresholdBits ?? defaultThresholdBits(hashBits);
  if (thresholdBits > hashBits / 4) {
    await tell("listing-failed", "", {
      detail: `threshold ${thresholdBits}: at most ${hashBits / 4} bits for ${hashBits}-bit hashes`,
    });
    return;
  }
  const reference = job.options.reference === null ? null : await getCatalog(db, task.tenant, job.options.reference);
  if (job.options.reference !== null && reference?.hashBits !== hashBits) {
    await tell("listing-failed", "", {
      detail: `the reference catalog has hashes of ${reference?.hashBits ?? 0} bits, these have ${hashBits}: scan it first, or take another`,
    });
    return;
  }
  const done = new Set(census.hashed.map(({ block }) => block));
  const blocks = Math.ceil(census.end / blockSize);
  const vanished = await vanishedOrdinals(db, catalog.id, job.id);
  await tellVanished(tell, vanished);
  // What this walk has numbered it has told; not so what an earlier one has, whose job never hashed it.
  const untold = Array.from({ length: Math.ceil(before.end / blockSize) }, (_, block) => block);
  const tellBlock = async (block: number): Promise<void> =>
    tellListed(tell, await readImages(db, catalog.id, block * blockSize, (block + 1) * blockSize));
  await pMap(
    untold.filter((block) => !done.has(block)),
    tellBlock,
    { concurrency: BLOCKS_IN_FLIGHT },
  );
  const base = job.mode === "full" ? null : await latestBase(db, catalog.id, radiusBitsFor(hashBits, thresholdBits));
  if (job.mode === "regroup" && base?.blocks !== blocks) {
    await tell("listing-failed", "", {
      detail: `nothing to regroup: no job has compared all ${census.images} images up to ${radiusBitsFor(hashBits, thresholdBits)} bits. Start one of mode new.`,
    });
    return;
  }
  const { images, failedImages } = census;
  await tell("listing-done", "", {
    images,
    blockSize,
    blocks,
    hashBits,
    hashedBlocks: [...done].reduce(withUnit, emptySet(blocks)),
    hashedImages: images - census.unhashedImages,
    failedImages,
    base,
    ...(mark === undefined ? {} : { mark: mark && { ...mark, end: census.end, images } }),
    ...chooseKernel({
      choice: job.options.kernel,
      plan: { firstBlock: base?.blocks ?? 0, blocks, pairsPerTask: job.options.pairsPerTask, index: null },
      blockSize,
      hashBits,
      radiusBits: radiusBitsFor(hashBits, thresholdBits),
    }),
  });
  log.info({ job: job.id, images, blocks, hashed: done.size, vanished: vanished.length }, "listed");
};

/**
 * Walks the catalog's source to its end: behind the mark of an earlier walk where that still holds.
 * @returns null when the job no longer lists
 */
const walkCatalog = async (
  { store, tell, walk }: Pick<Lister, "store" | "walk"> & { readonly tell: Tell },
  catalog: CatalogRow,
  job: JobRow,
  before: Census,
): Promise<Walk | null> => {
  const { db } = store;
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
      unmet: before.images,
      next: 0,
    };
    if (!(await record(store, tell, listing, walked.images))) return null;
    if (!walked.continues) await markUnseenVanished(db, listing);
    await analyzeGrown(db, listing, before.images);
    return walked;
  };
  try {
    return await through(job.mode === "retry" ? null : currentMark(catalog.listingMark, before));
  } catch (error) {
    if (error instanceof MetAgain) return through(null);
    throw error;
  }
};

/** The plan of a job that compares everything another one has compared. */
const planAgain = (job: JobRow, shadowed: JobRow): EventOf<"listing-done">["body"] => {
  const { totalBlocks: blocks, blockSize, hashBits, radiusBits } = shadowed;
  if (blockSize === null || hashBits === null || radiusBits === null)
    throw new Error(`job ${shadowed.id} was never listed`);
  return {
    images: shadowed.totalImages,
    blockSize,
    blocks,
    hashBits,
    hashedBlocks: fullSet(blocks),
    hashedImages: shadowed.completedImages,
    failedImages: shadowed.failedImages,
    base: null,
    ...chooseKernel({
      choice: job.options.kernel,
      plan: { firstBlock: 0, blocks, pairsPerTask: job.options.pairsPerTask, index: null },
      blockSize,
      hashBits,
      radiusBits,
    }),
  };
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
