import { jobEvent } from "@lookalike/shared/bus/messages";
import { type Listed, listed, mayBeGrouped } from "@lookalike/shared/domain/job/job";
import { groupingOf } from "@lookalike/shared/domain/job/options";
import type { Finalize } from "@lookalike/shared/domain/job/task";
import { members, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { MissingDataError, missingData } from "@lookalike/shared/runtime/errors";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { COMPARED_COLUMNS, hasFormat, listBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { hashedBlocks, readRequired, requireStored } from "@lookalike/shared/store/blocks/required-blocks";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { allVanished } from "@lookalike/shared/store/catalog/images";
import { findJob, type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db, Store } from "@lookalike/shared/store/open";
import { copyMatches, type ReferenceMatch } from "@lookalike/shared/store/results/reference-matches";
import { sealResult } from "@lookalike/shared/store/results/result-digests";
import { insertFinalization } from "@lookalike/shared/store/results/results";
import { continueDecisions } from "@lookalike/shared/store/review/continue-decisions";
import { carryDecisions } from "@lookalike/shared/store/review/decisions";
import { shareDecisions } from "@lookalike/shared/store/review/shared-files";
import { finalizeShadow } from "../rollout/finalize-shadow.ts";
import { groupImages } from "./group-images.ts";
import { fileInspector } from "./inspect-files.ts";
import { type HashedCatalog, matchReference } from "./match-reference.ts";

/**
 * Groups a complete job and stores the result, or that it can't be grouped because data is missing: that ends the job
 * with the reason, since another delivery would find the same.
 */
export const finalizeJob = async (store: Store, order: Finalize, allowed: AllowedSources): Promise<void> => {
  try {
    await groupAndStore(store, order, allowed);
  } catch (error) {
    if (!(error instanceof MissingDataError)) throw error;
    const failed = jobEvent({ ...order, id: order.job }, "grouping-failed", order.run, { detail: error.message });
    await store.db.transaction((tx) => addToOutbox(tx, failed));
  }
};

/**
 * Stores the result once for each (job, run): because of that key a second delivery writes nothing. The event about it is
 * in the outbox by the same transaction.
 */
const groupAndStore = async (store: Store, order: Finalize, allowed: AllowedSources): Promise<void> => {
  const job = await findJob(store.db, order.job);
  if (job === null || job.state === "cancelled") return;
  if (!mayBeGrouped(job, order.run))
    throw new Error(`job ${job.id} is ${job.state} in run ${job.run}: it can't be grouped in run ${order.run} yet`);
  if (job.blockSize === null) return;
  // Ends with the roll-out: decision 0037.
  if (job.mode === "shadow") {
    await finalizeShadow(store.db, job, order);
    return;
  }
  const listing = listed(jobOf(job));
  await requireHashes(store.db, job);
  // First, since such a decision may separate images.
  await store.inTransaction(async (tx) => {
    await continueDecisions(tx, { id: job.catalogId, blockSize: listing.blockSize });
    await shareDecisions(tx, { ...job, jobId: job.id, run: order.run });
  });
  const catalog = await getCatalog(store.db, job.tenant, job.catalogId);
  const findDamage = catalog === null ? undefined : await fileInspector(catalog, allowed);
  const grouped = await groupImages(store.db, job, true, findDamage);
  const { edges, flatImages, equalImages, unverifiedPairs } = grouped;
  const { thresholdBits } = listing;
  const matches = await referenceMatches(store.db, job, listing);
  const result = { jobId: job.id, run: order.run };
  await store.inTransaction(async (tx, client) => {
    const row = {
      ...result,
      tenant: job.tenant,
      grouping: groupingOf(job.options, listing.verification),
      thresholdBits,
      edges,
      flatImages,
      equalImages,
      unverifiedPairs,
    };
    const stored = await insertFinalization(tx, client, row, grouped);
    if (stored === null) return;
    await copyMatches(client, result, matches);
    await sealResult(tx, job, stored, grouped);
    await carryDecisions(tx, job.catalogId, result);
    const { groups, groupedImages } = stored;
    await addToOutbox(tx, jobEvent({ ...order, id: order.job }, "job-finalized", order.run, { groups, groupedImages }));
  });
};

/** @throws MissingDataError where a block that was hashed is not stored, whether this job reads it or builds on its groups */
const requireHashes = async (db: Db, { catalogId, blocksDone, totalBlocks, hashFormat }: JobRow): Promise<void> => {
  const stored = await listBlocks(db, catalogId, ["block"], hasFormat(hashFormat));
  requireStored(catalogId, members(blocksDone, totalBlocks), new Set(stored.map(({ block }) => block)));
};

/**
 * The images that the job's reference catalog has too; none where the job has no reference.
 * @throws MissingDataError where the reference, or a part of its hashes, is no longer there
 */
const referenceMatches = async (
  db: Db,
  { catalogId, tenant, blocksDone, totalBlocks, hashFormat, options: { reference } }: JobRow,
  { blockSize, hashBits, thresholdBits }: Listed,
): Promise<ReferenceMatch[]> => {
  if (reference === null) return [];
  const other = await getCatalog(db, tenant, reference);
  // To find nothing in a catalog that is no longer there would say that all images are new.
  if (other === null || other.blockSize === null || other.hashBits !== hashBits || other.hashFormat !== hashFormat)
    throw missingData(
      [`hashes of the reference catalog ${reference} with ${hashBits} bits of the format ${hashFormat}`],
      "Start another job, without this reference or with another one.",
    );
  const hashed = async (id: string, blockSize: number, numbers: readonly number[]): Promise<HashedCatalog> => {
    const vanished = new OrdinalSet(await allVanished(db, id));
    const blocks = readRequired(db, { catalogId: id, numbers, hashFormat, hashBits }, COMPARED_COLUMNS);
    return { blockSize, blocks, isLive: (ordinal) => !vanished.has(ordinal) };
  };
  return matchReference(
    await hashed(catalogId, blockSize, [...members(blocksDone, totalBlocks)]),
    await hashed(other.id, other.blockSize, await hashedBlocks(db, other.id)),
    thresholdBits,
  );
};
