import { setTimeout as sleep } from "node:timers/promises";
import type { EventOf, JobEvent } from "@lookalike/shared/domain/job/events";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { hasEvidence } from "@lookalike/shared/store/blocks/block-evidence";
import { findJob, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

const POLL_MS = 50;
/** A transaction that stores parts of evidence takes some milliseconds. */
const MOST_WAIT_MS = 2_000;

/**
 * Waits until the evidence of the events' blocks is stored. The log has it before its block, but where several coordinators take from one partition, another
 * one may be storing it right now; a block that comes first would be refused, and its pictures decoded again.
 */
export const awaitEvidence = async (db: Db, events: readonly JobEvent[], mostWaitMs = MOST_WAIT_MS): Promise<void> => {
  const brought = new Set(
    events.flatMap((event) => (event.type === "block-evidence" ? event.body.evidenceDigest : [])),
  );
  const end = performance.now() + mostWaitMs;
  for (const event of events)
    if (event.type === "hash-done" && event.body.evidenceDigest !== null && !brought.has(event.body.evidenceDigest))
      while (!(await isStored(db, event)) && performance.now() < end) await sleep(POLL_MS);
};

/** Whether there is nothing to wait for. */
const isStored = async (db: Db, { job: id, body }: EventOf<"hash-done">): Promise<boolean> => {
  const row = await findJob(db, id);
  if (row === null) return true;
  const job = jobOf(row);
  return job.state !== "running" || has(settled(job.hash), body.block) || (await hasEvidence(db, job.catalog, body));
};
