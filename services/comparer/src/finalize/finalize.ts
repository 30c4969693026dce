import { jobEvent } from "@lookalike/shared/bus/messages";
import type { Finalize } from "@lookalike/shared/domain/job/task";
import { blocksBelow, COMPARED_COLUMNS, readBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/catalog/census";
import { allVanished } from "@lookalike/shared/store/catalog/images";
import { findJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db, Store } from "@lookalike/shared/store/open";
import { copyMatches, type ReferenceMatch } from "@lookalike/shared/store/results/reference-matches";
import { insertFinalization } from "@lookalike/shared/store/results/results";
import { carryDecisions } from "@lookalike/shared/store/review/decisions";
import { finalizeShadow } from "../rollout/finalize-shadow.ts";
import { groupImages } from "./group-images.ts";
import { matchReference } from "./match-reference.ts";

/**
 * Groups a complete job and stores the result, once for each (job, run): the natural key makes a
 * second delivery write nothing. The event that says so leaves by the outbox of the same transaction.
 */
export const finalizeJob = async (store: Store, order: Finalize): Promise<void> => {
  const job = await findJob(store.db, order.job);
  if (job === null || job.thresholdBits === null || job.state === "cancelled") return;
  // Ends with the roll-out: decision 0037.
  if (job.mode === "shadow") {
    await finalizeShadow(store.db, job, order);
    return;
  }
  const result = await groupImages(store.db, job);
  const matches = await referenceMatches(store.db, job);
  await store.inTransaction(async (tx, client) => {
    const row = {
      jobId: job.id,
      run: order.run,
      grouping: job.options.grouping,
      thresholdBits: job.thresholdBits ?? 0,
      edges: result.edges,
      flatImages: result.flatImages,
      equalImages: result.equalImages,
    };
    const totals = await insertFinalization(tx, client, row, result);
    if (totals === null) return;
    await copyMatches(client, { jobId: job.id, run: order.run }, matches);
    await carryDecisions(tx, job.catalogId, { jobId: job.id, run: order.run });
    await addToOutbox(tx, jobEvent({ ...order, id: order.job }, "job-finalized", order.run, totals));
  });
};

/** Which images the job's reference catalog has too; none where the job has no reference. */
const referenceMatches = async (db: Db, job: JobRow): Promise<ReferenceMatch[]> => {
  const { reference } = job.options;
  const other = reference === null ? null : await getCatalog(db, job.tenant, reference);
  if (
    other === null ||
    other.blockSize === null ||
    other.hashBits !== job.hashBits ||
    other.hashFormat !== job.hashFormat
  )
    return [];
  const own = { id: job.catalogId, blockSize: job.blockSize ?? 1, blocks: job.totalBlocks };
  const side = async ({ id, blockSize, blocks }: typeof own) => {
    const vanished = new Set(await allVanished(db, id));
    return {
      blockSize,
      hashBits: job.hashBits ?? 0,
      blocks: readBlocks(db, id, blocksBelow(blocks), COMPARED_COLUMNS, job.hashFormat),
      isLive: (ordinal: number) => !vanished.has(ordinal),
    };
  };
  const { blockSize } = other;
  const blocks = Math.ceil((await endOfCatalog(db, other.id)) / blockSize);
  return matchReference(await side(own), await side({ id: other.id, blockSize, blocks }), job.thresholdBits ?? 0);
};
