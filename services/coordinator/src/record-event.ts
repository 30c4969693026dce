import { hashBlockDigest, partDigest } from "@lookalike/shared/domain/job/digest";
import type { EventOf, JobEvent } from "@lookalike/shared/domain/job/events";
import type { Job } from "@lookalike/shared/domain/job/job";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { hasEvidence, storeEvidence } from "@lookalike/shared/store/blocks/block-evidence";
import { storeHashBlock } from "@lookalike/shared/store/blocks/hash-blocks";
import { saveListing } from "@lookalike/shared/store/catalog/catalogs";
import { restoreListed, restoreMoved, restoreVanished } from "@lookalike/shared/store/catalog/restore-listing";
import { insertUnlisted } from "@lookalike/shared/store/jobs/unlisted-files";
import type { Db } from "@lookalike/shared/store/open";
import {
  insertCompareResult,
  recordResultDigest,
  storedResultDigest,
} from "@lookalike/shared/store/results/compare-results";
import { insertVerifyResult, recordVerifyResult } from "@lookalike/shared/store/results/verify-results";

/** Writes the rows that an event carries. @returns why the event is refused, or null */
export const recordEvent = async (db: Db, job: Job, event: JobEvent): Promise<string | null> => {
  switch (event.type) {
    case "images-listed":
      await restoreListed(db, job.catalog, job.id, event.body.images);
      return null;
    case "images-moved":
      await restoreMoved(db, job.catalog, job.id, event.body.images);
      return null;
    case "images-vanished":
      await restoreVanished(db, job.catalog, job.id, event.body.ordinals);
      return null;
    case "files-unlisted":
      await insertUnlisted(db, job.id, event.body.files);
      return null;
    case "listing-done": {
      const { blockSize, hashBits, hashFormat = job.hashFormat, features, verification, mark, mounts } = event.body;
      const shape = { blockSize, hashBits, hashFormat, features, verification, listingMark: mark, mounts };
      await saveListing(db, job.catalog, shape);
      return null;
    }
    case "block-evidence":
      // Parts of a block that is settled would belong to no stored one.
      if (job.state === "running" && !has(settled(job.hash), event.body.block))
        await storeEvidence(db, job.catalog, event.body);
      return null;
    case "hash-done":
      return job.state === "running" ? recordBlock(db, job, event.body) : null;
    case "pair-batch-done":
      return job.state === "running" ? recordEdges(db, job, event.body) : null;
    case "verify-done":
      // Of two attempts, the first one counts: a file may have vanished before the second.
      return job.state === "running" && !has(job.verify.done, event.body.task)
        ? recordVerified(db, job, event.body)
        : null;
    case "job-accepted":
    case "listing-failed":
    case "task-quarantined":
    case "job-redriven":
    case "job-paused":
    case "job-resumed":
    case "job-cancelled":
    case "shadow-compared":
    case "job-finalized":
    case "grouping-failed":
      return null;
  }
};

const recordBlock = async (
  db: Db,
  job: Job,
  { digest, hashFormat = job.hashFormat, ...block }: EventOf<"hash-done">["body"],
): Promise<string | null> => {
  if (hashBlockDigest(block) !== digest) return "digest differs from the block's bytes";
  if (hashFormat !== job.hashFormat) return `hashes of ${hashFormat} in a job of ${job.hashFormat}`;
  const isUnsettled = !has(settled(job.hash), block.block);
  if (isUnsettled && !(await hasEvidence(db, job.catalog, block))) return "a part of its evidence is not stored";
  const origin = { catalogId: job.catalog, jobId: job.id, hashFormat, digest };
  await storeHashBlock(db, origin, block, isUnsettled);
  return null;
};

const recordEdges = async (
  db: Db,
  job: Job,
  { task, edges, edgeCount, digest }: EventOf<"pair-batch-done">["body"],
): Promise<string | null> => {
  if (edges === null) {
    if ((await storedResultDigest(db, job.id, task)) !== digest) return "its claimed result is not stored";
    await recordResultDigest(db, job.id, task, digest);
    return null;
  }
  if (partDigest(edges) !== digest) return "digest differs from the edges' bytes";
  await insertCompareResult(db, { jobId: job.id, task, part: 0, edges, edgeCount, digest, resultDigest: digest });
  return null;
};

const recordVerified = async (
  db: Db,
  job: Job,
  { task, results, digest }: EventOf<"verify-done">["body"],
): Promise<string | null> => {
  const result = { jobId: job.id, task, resultDigest: digest };
  if (results !== null) {
    if (partDigest(results) !== digest) return "digest differs from the results' bytes";
    await insertVerifyResult(db, result, 0, results);
  }
  return (await recordVerifyResult(db, result)) ? null : "its claimed result is not stored";
};
