import { chooseKernel } from "@lookalike/engine/choose-kernel";
import type { Bus } from "@lookalike/shared/bus/connect";
import { publishEvent } from "@lookalike/shared/bus/events";
import { emptySet, fullSet, withUnit } from "@lookalike/shared/domain/done-set";
import { resultId } from "@lookalike/shared/domain/event-id";
import type { EventOf, JobEventType, Task } from "@lookalike/shared/domain/events";
import { STATE } from "@lookalike/shared/domain/hash-block";
import { defaultThresholdBits, radiusBitsFor, type Source } from "@lookalike/shared/domain/options";
import { OrdinalSet } from "@lookalike/shared/domain/ordinal-set";
import { defaultBlockSize } from "@lookalike/shared/domain/plan";
import type { Logger } from "@lookalike/shared/runtime/log";
import { imagesListed } from "@lookalike/shared/runtime/metrics";
import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalogs";
import { hashedBlocks } from "@lookalike/shared/store/hash-blocks";
import { readImages, vanishedOrdinals } from "@lookalike/shared/store/images";
import { findJob, type JobRow, latestBase } from "@lookalike/shared/store/jobs";
import {
  analyzeImages,
  appendFound,
  catalogExtent,
  countUnhashed,
  type FoundImage,
  markUnseenVanished,
} from "@lookalike/shared/store/listing";
import type { Db, Store } from "@lookalike/shared/store/open";
import pMap from "p-map";
import { SourceError } from "./sources/source-error.ts";

const FOUND_A_BATCH = 5_000;
const ROWS_AN_EVENT = 250;
const ORDINALS_AN_EVENT = 10_000;
/** Blocks whose images are read and told at once. */
const BLOCKS_IN_FLIGHT = 8;
/** Hash length of images that are decoded here; a `hashes` source brings its own. */
const DECODED_HASH_BITS = 256;

interface Lister {
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Logger;
  readonly list: (source: Source) => AsyncIterable<FoundImage>;
}

/**
 * Lists a job's source into numbered images and tells the log. Delivered twice it walks twice, and
 * the numbers stay the same.
 */
export const listCatalog = async ({ bus, store, log, list }: Lister, task: Task): Promise<void> => {
  const { db } = store;
  const catalog = await getCatalog(db, task.tenant, task.catalog);
  const job = await findJob(db, task.job);
  if (catalog === null || job === null || job.state !== "listing") return;
  const tell = <Type extends JobEventType>(type: Type, part: number, body: EventOf<Type>["body"]) =>
    publishEvent(bus, type, task, resultId(task.job, "scan", 0, task.attempt, `${type}:${part}`), body);

  if (job.mode === "shadow") {
    const shadowed = await findJob(db, job.options.shadowOf ?? "");
    if (shadowed === null) throw new Error(`job ${job.id} is the shadow of no job`);
    await tell("listing-done", 0, planAgain(job, shadowed));
    return;
  }
  if (job.mode !== "regroup") {
    const listing = {
      catalogId: catalog.id,
      jobId: job.id,
      seen: new OrdinalSet(),
      seenBefore: new OrdinalSet(),
      retried: job.mode === "retry" ? await failedOrdinals(db, catalog) : new OrdinalSet(),
      next: 0,
    };
    try {
      for await (const found of readAhead(batches(list(catalog.source), FOUND_A_BATCH))) {
        if (!(await appendFound(store, listing, found))) return;
        imagesListed.inc(found.length);
      }
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      await tell("listing-failed", 0, { detail: error.message });
      return;
    }
    await markUnseenVanished(db, listing);
    await analyzeImages(db);
  }

  const extent = await catalogExtent(db, catalog.id);
  const blockSize = catalog.blockSize ?? job.options.blockSize ?? defaultBlockSize(extent.images);
  const hashBits = catalog.hashBits ?? (extent.givenHashBits || DECODED_HASH_BITS);
  const thresholdBits = job.options.thresholdBits ?? defaultThresholdBits(hashBits);
  if (thresholdBits > hashBits / 4) {
    await tell("listing-failed", 0, {
      detail: `threshold ${thresholdBits}: at most ${hashBits / 4} bits for ${hashBits}-bit hashes`,
    });
    return;
  }
  const reference = job.options.reference === null ? null : await getCatalog(db, task.tenant, job.options.reference);
  if (job.options.reference !== null && reference?.hashBits !== hashBits) {
    await tell("listing-failed", 0, {
      detail: `the reference catalog has hashes of ${reference?.hashBits ?? 0} bits, these have ${hashBits}: scan it first, or take another`,
    });
    return;
  }
  const hashed = await hashedBlocks(db, catalog.id);
  const done = new Set(hashed.map(({ block }) => block));
  const blocks = Math.ceil(extent.end / blockSize);
  // Tombstones first: a changed image's new row has the path of its old one.
  const vanished = await vanishedOrdinals(db, catalog.id, job.id);
  for (let from = 0; from < vanished.length; from += ORDINALS_AN_EVENT) {
    await tell("images-vanished", from, { ordinals: vanished.slice(from, from + ORDINALS_AN_EVENT) });
  }
  const unhashed = Array.from({ length: blocks }, (_, block) => block).filter((block) => !done.has(block));
  const tellBlock = async (block: number): Promise<void> => {
    const images = await readImages(db, catalog.id, block * blockSize, (block + 1) * blockSize);
    for (let from = 0; from < images.length; from += ROWS_AN_EVENT) {
      const rows = images.slice(from, from + ROWS_AN_EVENT);
      await tell("images-listed", rows[0]?.ordinal ?? 0, { images: rows });
    }
  };
  await pMap(unhashed, tellBlock, { concurrency: BLOCKS_IN_FLIGHT });
  const base = job.mode === "full" ? null : await latestBase(db, catalog.id, radiusBitsFor(hashBits, thresholdBits));
  if (job.mode === "regroup" && base?.blocks !== blocks) {
    await tell("listing-failed", 0, {
      detail: `nothing to regroup: no job has compared all ${extent.images} images up to ${radiusBitsFor(hashBits, thresholdBits)} bits. Start one of mode new.`,
    });
    return;
  }
  const { unhashedImages, failedImages } = await countUnhashed(db, catalog.id, blockSize, [...done]);
  await tell("listing-done", 0, {
    images: extent.images,
    blockSize,
    blocks,
    hashBits,
    hashedBlocks: [...done].reduce(withUnit, emptySet(blocks)),
    hashedImages: extent.images - unhashedImages,
    failedImages,
    base,
    ...chooseKernel({
      choice: job.options.kernel,
      plan: { firstBlock: base?.blocks ?? 0, blocks, pairsPerTask: job.options.pairsPerTask, index: null },
      blockSize,
      hashBits,
      radiusBits: radiusBitsFor(hashBits, thresholdBits),
    }),
  });
  log.info({ job: job.id, images: extent.images, blocks, hashed: done.size, vanished: vanished.length }, "listed");
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
const failedOrdinals = async (db: Db, { id, blockSize }: CatalogRow): Promise<OrdinalSet> => {
  const ordinals = new OrdinalSet();
  for (const { block, states } of blockSize === null ? [] : await hashedBlocks(db, id))
    states.forEach((state, position) => {
      if (state === STATE.failed) ordinals.add(block * (blockSize ?? 0) + position);
    });
  return ordinals;
};

/** Asks for the next item while the last one is being worked on. */
async function* readAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  for (let next = items.next(); ; ) {
    const { done, value } = await next;
    if (done === true) return;
    next = items.next();
    // Looked at when its turn comes; until then a failure is nobody's.
    next.catch(() => undefined);
    yield value;
  }
}

async function* batches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
