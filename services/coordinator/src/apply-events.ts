import { finalizeMessage, taskMessage } from "@lookalike/shared/bus/messages";
import { decide, enact } from "@lookalike/shared/domain/job/decide";
import { edgesDigest, hashBlockDigest } from "@lookalike/shared/domain/job/digest";
import type { EventOf, JobEvent } from "@lookalike/shared/domain/job/events";
import { evolve } from "@lookalike/shared/domain/job/evolve";
import { acceptedJob, isOver, type Job, type JobState } from "@lookalike/shared/domain/job/job";
import { outsidePlan } from "@lookalike/shared/domain/job/outside-plan";
import { enqueueWebhooks } from "@lookalike/shared/store/access/webhooks";
import { insertHashBlock } from "@lookalike/shared/store/blocks/hash-blocks";
import { restoreCatalog, saveListing } from "@lookalike/shared/store/catalog/catalogs";
import { markVanished, restoreListed } from "@lookalike/shared/store/catalog/listing";
import { insertAttempt } from "@lookalike/shared/store/jobs/attempts";
import { insertJob, type JobRow, jobOf, lockJob, saveJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { insertCompareResult, storedResultDigest } from "@lookalike/shared/store/results/compare-results";
import { startShadows } from "./rollout/shadow-jobs.ts";

/** A step of a job that people ask about. */
export interface Change {
  readonly job: string;
  readonly from: JobState;
  readonly to: JobState;
  readonly run: number;
  readonly paused: boolean;
}

interface Refusal {
  readonly event: JobEvent;
  readonly reason: string;
}

/**
 * Folds a micro-batch of events into the projection, in one transaction: rows by natural key, done
 * sets, and what follows from them. Jobs are locked in the order of their ids, so that coordinators
 * cannot deadlock; events are applied in the order of the log, since a catalog's next job builds on
 * the rows of the one before.
 * @returns the jobs it touched, how their states changed, and the events it refused with the reason
 */
export const applyEvents = (
  db: Db,
  events: readonly JobEvent[],
): Promise<{ jobs: string[]; refused: Refusal[]; changes: Change[] }> =>
  db.transaction(async (tx) => {
    for (const event of events) if (event.type === "job-accepted") await restoreJob(tx, event);
    const jobs = new Map<string, { row: JobRow; job: Job; at: string }>();
    for (const id of [...new Set(events.map(({ job }) => job))].sort()) {
      const row = await lockJob(tx, id);
      if (row !== null) jobs.set(id, { row, job: jobOf(row), at: "" });
    }
    const refused: Refusal[] = [];
    const changes: Change[] = [];
    for (const event of events) {
      const known = jobs.get(event.job);
      const reason =
        known === undefined ? "no such job" : (outsidePlan(known.job, event) ?? (await record(tx, known.job, event)));
      if (reason !== null) refused.push({ event, reason });
      else if (known !== undefined) {
        const job = evolve(known.job, event);
        if (event.type === "job-redriven" && job !== known.job) await sendRedriven(tx, job, event.body.tasks);
        jobs.set(event.job, { ...known, job, at: event.at });
      }
    }
    for (const { row, job, at } of jobs.values()) {
      if (at === "") continue;
      const next = await enactDecisions(tx, job);
      await saveJob(tx, row, next, at);
      if (row.state !== next.state || row.paused !== next.paused)
        changes.push({ job: next.id, from: row.state, to: next.state, run: next.run, paused: next.paused });
      if (isOver(next) && row.state !== next.state) {
        await enqueueWebhooks(tx, next, at);
        await startShadows(tx, next);
      }
    }
    return { jobs: [...jobs.keys()], refused, changes };
  });

/** Decides for one job outside any event: what the completion monitor asks for. */
export const reconsider = (db: Db, id: string, at: string): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockJob(tx, id);
    if (row === null) return;
    const job = jobOf(row);
    const next = await enactDecisions(tx, job, true);
    if (next !== job) await saveJob(tx, row, next, at);
  });

/** Tasks that left quarantine go out as the attempts that their event names. */
const sendRedriven = async (db: Db, job: Job, tasks: EventOf<"job-redriven">["body"]["tasks"]): Promise<void> => {
  for (const { task, attempt } of tasks) {
    const row = { jobId: job.id, kind: "compare", task, attempt, reason: "redriven" };
    if (await insertAttempt(db, row)) await addToOutbox(db, taskMessage(job, "compare", task, attempt));
  }
};

/** Takes the decisions; their messages go to the outbox, or are the cursors themselves. */
const enactDecisions = async (db: Db, job: Job, monitor = false): Promise<Job> => {
  let next = job;
  for (const decision of decide(job, monitor)) {
    next = enact(next, decision);
    if (decision.type === "scan") await addToOutbox(db, taskMessage(next, "scan", 0, 0));
    if (decision.type === "finalize") await addToOutbox(db, finalizeMessage(next));
  }
  return next;
};

const restoreJob = async (db: Db, event: EventOf<"job-accepted">): Promise<void> => {
  await restoreCatalog(db, event.tenant, event.body.catalog);
  await insertJob(db, acceptedJob(event), event.at);
};

/** Writes the rows an event carries. Gives the reason when it must not count. */
const record = async (db: Db, job: Job, event: JobEvent): Promise<string | null> => {
  switch (event.type) {
    case "images-listed":
      await restoreListed(db, job.catalog, job.id, event.body.images);
      return null;
    case "images-vanished":
      await markVanished(db, job.catalog, job.id, event.body.ordinals);
      return null;
    case "listing-done": {
      const { blockSize, hashBits, mark } = event.body;
      await saveListing(db, job.catalog, { blockSize, hashBits, listingMark: mark });
      return null;
    }
    case "hash-done": {
      const { digest, ...block } = event.body;
      if (job.state !== "running") return null;
      if (hashBlockDigest(block) !== digest) return "digest differs from the block's bytes";
      await insertHashBlock(db, job.catalog, job.id, digest, block);
      return null;
    }
    case "pair-batch-done": {
      const { task, edges, edgeCount, digest } = event.body;
      if (job.state !== "running") return null;
      if (edges === null) {
        return (await storedResultDigest(db, job.id, task)) === digest ? null : "its claimed result is not stored";
      }
      if (edgesDigest(edges) !== digest) return "digest differs from the edges' bytes";
      await insertCompareResult(db, { jobId: job.id, task, part: 0, edges, edgeCount, digest });
      return null;
    }
    default:
      return null;
  }
};
