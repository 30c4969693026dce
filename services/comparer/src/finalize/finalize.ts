import { jobEvent } from "@lookalike/shared/bus/messages";
import { type Listed, listed } from "@lookalike/shared/domain/job/job";
import type { Finalize } from "@lookalike/shared/domain/job/task";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { blocksBelow, COMPARED_COLUMNS, readBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/catalog/census";
import { allVanished } from "@lookalike/shared/store/catalog/images";
import { findJob, type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db, Store } from "@lookalike/shared/store/open";
import { copyMatches, type ReferenceMatch } from "@lookalike/shared/store/results/reference-matches";
import { insertFinalization } from "@lookalike/shared/store/results/results";
import { continueDecisions } from "@lookalike/shared/store/review/continue-decisions";
import { carryDecisions } from "@lookalike/shared/store/review/decisions";
import { shareDecisions } from "@lookalike/shared/store/review/shared-files";
import { finalizeShadow } from "../rollout/finalize-shadow.ts";
import { groupImages } from "./group-images.ts";
import { fileInspector } from "./inspect-files.ts";
import { type HashedCatalog, matchReference } from "./match-reference.ts";

/**
 * Groups a complete job and stores the result, once for each (job, run): because of that key a second delivery writes
 * nothing. The event about it is in the outbox by the same transaction.
 */
export const finalizeJob = async (store: Store, order: Finalize, allowed: AllowedSources): Promise<void> => {
  const job = await findJob(store.db, order.job);
  if (job === null || job.blockSize === null || job.state === "cancelled") return;
  // Ends with the roll-out: decision 0037.
  if (job.mode === "shadow") {
    await finalizeShadow(store.db, job, order);
    return;
  }
  const listing = listed(jobOf(job));
  // First, since such a decision may separate images.
  await store.inTransaction(async (tx) => {
    await continueDecisions(tx, { id: job.catalogId, blockSize: listing.blockSize });
    await shareDecisions(tx, { ...job, jobId: job.id, run: order.run });
  });
  const catalog = await getCatalog(store.db, job.tenant, job.catalogId);
  const findDamage = catalog === null ? undefined : await fileInspector(catalog, allowed);
  const grouped = await groupImages(store.db, job, true, findDamage);
  const { edges, flatImages, equalImages } = grouped;
  const { thresholdBits } = listing;
  const matches = await referenceMatches(store.db, job, listing);
  const result = { jobId: job.id, run: order.run };
  await store.inTransaction(async (tx, client) => {
    const row = { ...result, grouping: job.options.grouping, thresholdBits, edges, flatImages, equalImages };
    const totals = await insertFinalization(tx, client, row, grouped);
    if (totals === null) return;
    await copyMatches(client, result, matches);
    await carryDecisions(tx, job.catalogId, result);
    await addToOutbox(tx, jobEvent({ ...order, id: order.job }, "job-finalized", order.run, totals));
  });
};

/** The images that the job's reference catalog has too; none where the job has no reference. */
const referenceMatches = async (
  db: Db,
  { catalogId, tenant, totalBlocks, hashFormat, options: { reference } }: JobRow,
  { blockSize, hashBits, thresholdBits }: Listed,
): Promise<ReferenceMatch[]> => {
  const other = reference === null ? null : await getCatalog(db, tenant, reference);
  if (other === null || other.blockSize === null || other.hashBits !== hashBits || other.hashFormat !== hashFormat)
    return [];
  const otherBlocks = Math.ceil((await endOfCatalog(db, other.id)) / other.blockSize);
  const hashed = async (id: string, blockSize: number, blockCount: number): Promise<HashedCatalog> => {
    const vanished = new OrdinalSet(await allVanished(db, id));
    const blocks = readBlocks(db, id, blocksBelow(blockCount), COMPARED_COLUMNS, hashFormat);
    return { blockSize, blocks, isLive: (ordinal) => !vanished.has(ordinal) };
  };
  return matchReference(
    await hashed(catalogId, blockSize, totalBlocks),
    await hashed(other.id, other.blockSize, otherBlocks),
    thresholdBits,
  );
};
