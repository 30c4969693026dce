import { fastestBackend } from "@lookalike/engine/compare/backend";
import { chooseKernel } from "@lookalike/engine/compare/choose-kernel";
import { HASH_BITS } from "@lookalike/engine/hash/hash-format";
import type { Bus } from "@lookalike/shared/bus/connect";
import { resultEvent } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { formatMismatch, GIVEN_FORMAT } from "@lookalike/shared/domain/image/hash-format";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { EventOf } from "@lookalike/shared/domain/job/events";
import { planFrom } from "@lookalike/shared/domain/job/job";
import { defaultThresholdBits, radiusBitsFor } from "@lookalike/shared/domain/job/options";
import { candidatePlanFor, defaultBlockSize } from "@lookalike/shared/domain/job/plan";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { emptySet, withUnit } from "@lookalike/shared/domain/primitives/bit-set";
import type { FairTurns, Turner } from "@lookalike/shared/runtime/fair-turns";
import type { Logger } from "@lookalike/shared/runtime/log";
import { blocksBelow, soundBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { type Census, endOfCatalog, givenHashBits, takeCensus } from "@lookalike/shared/store/catalog/census";
import { readImages, vanishedOrdinals } from "@lookalike/shared/store/catalog/images";
import { restoreLostRows } from "@lookalike/shared/store/catalog/listing";
import { findJob, type JobRow, latestBase } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import pMap from "p-map";
import { formatOf } from "../hash/hash-block.ts";
import { planShadow } from "../rollout/plan-shadow.ts";
import { type Emit, emitImages, emitUnlisted, emitVanished } from "./record-listing.ts";
import { ListingError, type MarkedCatalog, type Walk } from "./sources/walk.ts";
import { type Walker, walkCatalog } from "./walk-catalog.ts";

/** Blocks whose images are read and published at the same time. */
const BLOCKS_IN_FLIGHT = 8;

export interface Lister extends Pick<Walker, "store"> {
  readonly bus: Bus;
  readonly log: Logger;
  /** Turns of storing and publishing. */
  readonly storing: FairTurns;
  readonly walk: (catalog: CatalogRow, resume: MarkedCatalog | null, turner: Turner) => Promise<Walk>;
}

type ListingDone = EventOf<"listing-done">["body"];

/**
 * Lists a job's source into numbered images, and publishes them. Where the task is delivered twice, the source is
 * walked twice and the numbers stay the same.
 */
export const listCatalog = async ({ bus, store, log, storing, walk }: Lister, task: TaskOf<"scan">): Promise<void> => {
  const catalog = await getCatalog(store.db, task.tenant, task.catalog);
  const job = await findJob(store.db, task.job);
  if (catalog === null || job === null || job.state !== "listing") return;
  const emit: Emit = async (type, part, body) => {
    await publish(bus, resultEvent(task, type, body, part));
  };
  try {
    const turner: Turner = { tenant: task.tenant, began: Date.now(), size: await endOfCatalog(store.db, catalog.id) };
    const walker: Walker = {
      store,
      emit,
      walk: async (of, resume) => {
        const begun = await walk(of, resume, turner);
        turner.size = begun.isResumed ? begun.expected : Math.max(begun.expected, resume?.images ?? 0);
        return { ...begun, parts: counted(begun.parts, turner) };
      },
      // Where nothing is stored or found yet there is nothing to do, and sixty such turns would be in front of a small listing's.
      inTurn: (work) => (turner.size === 0 ? work() : storing.run(turner, work)),
    };
    const done = await list(walker, catalog, job);
    if (done === null) return;
    await emit("listing-done", "", done);
    log.info({ job: job.id, images: done.images, blocks: done.blocks, hashed: done.hashedImages }, "listed");
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    const { message: detail, missingImages } = error;
    await emit("listing-failed", "", { detail, missingImages });
  }
};

/** Raises the turner's size to the images that were found, where that is more than anybody knew. */
async function* counted(parts: Walk["parts"], turner: Turner): AsyncGenerator<readonly FoundImage[]> {
  let found = 0;
  for await (const part of parts) {
    found += part.length;
    turner.size = Math.max(turner.size, found);
    yield part;
  }
}

/** @returns null when the job no longer lists */
const list = async (walker: Walker, catalog: CatalogRow, job: JobRow): Promise<ListingDone | null> => {
  const { db } = walker.store;
  // Ends with the roll-out: decision 0037.
  if (job.mode === "shadow") return withKernel(job, await planShadow(db, job));
  const { inTurn } = walker;
  const hashFormat = formatFor(catalog, job);
  const features = job.options.features ?? catalog.features;
  const expected = { hashFormat, features: requiredFeatures(features, hashFormat, job) };
  // In turns as all that follows: the queries of sixty large listings must not be in front of a small one's.
  const before = await inTurn(async () => {
    if (job.mode !== "regroup") await restoreLostRows(db, catalog, job.id, job.mode === "full" ? "all" : "last");
    // Mode full hashes damaged blocks again, too.
    const sound = job.mode === "full" ? await soundBlocks(db, catalog.id, expected) : undefined;
    return takeCensus(db, catalog, expected, sound);
  });
  if (job.mode === "regroup") return inTurn(() => planJob(walker, catalog, job, hashFormat, before, before.end));
  const walk = await walkCatalog(walker, catalog, job, before);
  if (walk === null) return null;
  const { census, plan } = await inTurn(async () => {
    const census = await takeCensus(db, catalog, expected, before.hashed);
    return { census, plan: await planJob(walker, catalog, job, hashFormat, census, before.end) };
  });
  // Whoever wants to delete the source must know what was not compared.
  if (job.options.reference !== null) await emitUnlisted(walker.emit, walk.tally?.unlisted ?? []);
  const mounts = catalog.source.kind === "directory" ? walk.tally?.mounts : undefined;
  return { ...plan, features, mark: walk.mark(census), fileCounts: walk.tally?.counts() ?? null, mounts };
};

/**
 * Plans what is to be hashed and compared, and publishes what the walk did not.
 * @param walkedFrom one past the highest ordinal before this job's walk
 */
const planJob = async (
  { store: { db }, emit }: Walker,
  catalog: CatalogRow,
  job: JobRow,
  hashFormat: string,
  census: Census,
  walkedFrom: number,
): Promise<ListingDone> => {
  const blockSize = catalog.blockSize ?? job.options.blockSize ?? defaultBlockSize(census.images);
  const hashBits = await hashBitsFor(db, catalog, hashFormat);
  const thresholdBits = job.options.thresholdBits ?? defaultThresholdBits(hashBits);
  if (thresholdBits > hashBits / 4)
    throw new ListingError(`threshold ${thresholdBits}: at most ${hashBits / 4} bits for ${hashBits}-bit hashes`);
  await requireReference(db, job, hashFormat, hashBits);
  const radiusBits = radiusBitsFor(hashBits, thresholdBits);
  const blocks = Math.ceil(census.end / blockSize);
  const verification = isVerified(catalog, job, hashFormat);
  const hashed = new Set(census.hashed.map(({ block }) => block));
  const latest =
    job.mode === "full" ? null : await latestBase(db, catalog.id, { hashFormat, radiusBits, isVerified: verification });
  // Blocks that are hashed again get the same hashes, and other evidence: old pairs may be candidates now.
  const hasOtherEvidence =
    verification && job.mode !== "regroup" && blocksBelow(latest?.blocks ?? 0).some((block) => !hashed.has(block));
  const base = hasOtherEvidence ? null : latest;
  if (job.mode === "regroup" && base?.blocks !== blocks)
    throw new ListingError(
      `nothing to regroup: no job has compared all ${census.images} images up to ${radiusBits} bits. Start one of mode new.`,
    );
  await emitVanished(emit, await vanishedOrdinals(db, catalog.id, job.id));
  // An earlier walk may have ended before it had published all images that it added.
  const unhashed = blocksBelow(Math.ceil(walkedFrom / blockSize)).filter((block) => !hashed.has(block));
  const emitBlock = async (block: number): Promise<void> =>
    emitImages(emit, "images-listed", await readImages(db, catalog.id, block * blockSize, (block + 1) * blockSize));
  await pMap(unhashed, emitBlock, { concurrency: BLOCKS_IN_FLIGHT });
  return withKernel(job, {
    images: census.images,
    blockSize,
    blocks,
    hashBits,
    hashFormat,
    hashedBlocks: census.hashed.reduce((set, { block }) => withUnit(set, block), emptySet(blocks)),
    hashedImages: census.images - census.unhashedImages,
    failedImages: census.failedImages,
    base,
    // Left out where nobody has ever switched it on or off.
    ...(verification || job.options.verification !== null ? { verification } : {}),
    ...(verification ? { candidates: candidatePlanFor(census.images, blockSize) } : {}),
  });
};

/** Whether the job's pairs are verified. There is nothing to look at behind given hashes. */
const isVerified = (catalog: CatalogRow, { options }: JobRow, hashFormat: string): boolean =>
  hashFormat !== GIVEN_FORMAT && (options.verification ?? catalog.verification);

/** A listing with the kernel that its job compares by. */
const withKernel = ({ options }: JobRow, listing: Omit<ListingDone, "index" | "kernelReason">): ListingDone => {
  const { base, blocks, blockSize, hashBits } = listing;
  const thresholdBits = options.thresholdBits ?? defaultThresholdBits(hashBits);
  const radiusBits = radiusBitsFor(hashBits, thresholdBits);
  const plan = planFrom({ base, index: null }, blocks, options);
  const backend = fastestBackend.name;
  return { ...listing, ...chooseKernel({ backend, choice: options.kernel, plan, blockSize, hashBits, radiusBits }) };
};

/**
 * The format of the hashes that the job compares: the engine's, or that of given hashes.
 * @throws ListingError where the catalog's hashes have another format, and the job would add to them
 */
const formatFor = ({ source, hashFormat: stored }: CatalogRow, { mode }: JobRow): string => {
  const current = formatOf(source);
  if (stored === null || stored === current || mode === "full") return current;
  // It groups stored edges: nothing is hashed or compared.
  if (mode === "regroup") return stored;
  throw new ListingError(formatMismatch("The catalog", stored, current));
};

/**
 * Whether the evidence of the catalog's blocks must have local features, else they are hashed again; null = no matter. Features that are
 * no longer selected are only removed by mode full.
 */
const requiredFeatures = (isSelected: boolean, hashFormat: string, { mode }: JobRow): boolean | null => {
  if (mode === "regroup" || hashFormat === GIVEN_FORMAT) return null;
  return isSelected || mode === "full" ? isSelected : null;
};

/** Length of the hashes in bits, which the first job that lists the catalog in this format decides. */
const hashBitsFor = async (db: Db, { id, hashFormat, hashBits }: CatalogRow, format: string): Promise<number> => {
  if (hashBits !== null && hashFormat === format) return hashBits;
  const givenBits = format === GIVEN_FORMAT ? await givenHashBits(db, id) : null;
  return givenBits ?? HASH_BITS;
};

/** @throws ListingError where the job's reference catalog has no hashes that can be compared with these */
const requireReference = async (
  db: Db,
  { tenant, options: { reference } }: JobRow,
  hashFormat: string,
  hashBits: number,
): Promise<void> => {
  if (reference === null) return;
  const other = await getCatalog(db, tenant, reference);
  if (other === null || other.hashFormat === null)
    throw new ListingError("The reference catalog has no hashes. Scan it first, or choose another.");
  if (other.hashFormat !== hashFormat)
    throw new ListingError(formatMismatch("The reference catalog", other.hashFormat, hashFormat));
  if (other.hashBits !== hashBits)
    throw new ListingError(
      `The reference catalog has hashes of ${other.hashBits} bits, these have ${hashBits}. Choose another.`,
    );
};
