import { countState, imagesIn } from "../image/hash-block.ts";
import { emptySet, has, union, withoutUnit, withUnit } from "../primitives/bit-set.ts";
import { isComplete } from "./decide.ts";
import type { EventOf, JobEvent } from "./events.ts";
import { failedInGrouping, isOver, type Job, planOf } from "./job.ts";
import { defaultThresholdBits, radiusBitsFor } from "./options.ts";
import { taskCount } from "./plan.ts";
import { perKind, type WorkKind } from "./task.ts";
import { plannedWork, settled, type Work } from "./work.ts";

/**
 * Folds one event into the job. Commutative and idempotent for everything workers report: these
 * are insertions into sets, so an event that arrives twice, late or out of order changes nothing.
 */
export const evolve = (job: Job, event: JobEvent): Job => {
  if (event.type === "job-redriven") return redriven(job, event);
  if (isOver(job)) return job;
  switch (event.type) {
    case "listing-done":
    case "listing-failed":
      if (job.state !== "accepted" && job.state !== "listing") return job;
      if (event.type === "listing-done") return planned(job, event.body);
      return { ...job, state: "failed", failure: event.body.detail, missingImages: event.body.missingImages };
    case "hash-done": {
      const { block } = event.body;
      // A block that left quarantine would hide that tasks were compared without it: the next job hashes it.
      if (job.state !== "running" || has(settled(job.hash), block)) return job;
      return {
        ...job,
        hash: finished(job.hash, block),
        hashedImages: job.hashedImages + imagesIn(event.body),
        failedImages: job.failedImages + countState(event.body, "failed"),
      };
    }
    case "pair-batch-done":
      if (job.state !== "running" || has(job.compare.done, event.body.task)) return job;
      return compared(job, event.body);
    case "verify-done":
      if (job.state !== "running" || has(job.verify.done, event.body.task)) return job;
      return { ...job, verify: finished(job.verify, event.body.task) };
    case "task-quarantined": {
      const { kind, task } = event.body;
      if (job.state !== "running" || has(settled(job[kind]), task)) return job;
      const images = kind === "hash" ? event.body.images : 0;
      return {
        ...job,
        [kind]: { ...job[kind], quarantined: withUnit(job[kind].quarantined, task) },
        hashedImages: job.hashedImages + images,
        failedImages: job.failedImages + images,
      };
    }
    case "job-paused":
    case "job-resumed": {
      const { number = job.commandNumber, type } = event;
      // One that was lost and published again must not be applied after a later one.
      return number < job.commandNumber ? job : { ...job, paused: type === "job-paused", commandNumber: number };
    }
    case "job-cancelled":
      return { ...job, state: "cancelled" };
    case "job-finalized":
      if (!isOrdered(job, event.run)) return job;
      // A complete job has dispatched everything; a replay may fold this event before it has decided so.
      return {
        ...job,
        state: "completed",
        ...perKind((kind) => ({ ...job[kind], cursor: job[kind].count })),
      };
    case "grouping-failed":
      return isOrdered(job, event.run) ? { ...job, state: "failed", failure: event.body.detail } : job;
    case "job-accepted":
    case "images-listed":
    case "files-unlisted":
    case "images-moved":
    case "images-vanished":
    case "block-evidence":
    case "shadow-compared":
      return job;
  }
};

/** Whether this run may have been grouped: a database that lost its last commits may get a result of work that it does not know. */
const isOrdered = (job: Job, run: number): boolean =>
  run === job.run && (job.state === "finalizing" || isComplete(job));

const planned = (job: Job, body: EventOf<"listing-done">["body"]): Job => {
  const { base, blockSize, hashBits, index, kernelReason, images, blocks, hashedImages, failedImages } = body;
  const { fileCounts = null, verification = false, candidates = null } = body;
  const thresholdBits = job.options.thresholdBits ?? defaultThresholdBits(hashBits);
  const radiusBits = radiusBitsFor(hashBits, thresholdBits);
  const running: Job = {
    ...job,
    state: "running",
    hashFormat: body.hashFormat ?? job.hashFormat,
    listing: {
      base,
      blockSize,
      hashBits,
      thresholdBits,
      radiusBits,
      index,
      kernelReason,
      fileCounts,
      verification,
      candidates,
    },
    images,
    hashedImages,
    failedImages,
    hash: { ...plannedWork(blocks), done: union(emptySet(blocks), body.hashedBlocks) },
  };
  const tasks = taskCount(planOf(running));
  return { ...running, compare: plannedWork(tasks), verify: plannedWork(verification ? tasks : 0) };
};

/** A task that found no pair leaves nothing to verify. */
const compared = (job: Job, { task, edgeCount, equalPairs }: EventOf<"pair-batch-done">["body"]): Job => {
  const isEmpty = edgeCount === 0 && equalPairs === 0;
  const compare = finished(job.compare, task);
  return { ...job, compare, ...(isEmpty && task < job.verify.count ? { verify: finished(job.verify, task) } : {}) };
};

/** A late result takes its unit out of quarantine. */
const finished = (work: Work, unit: number): Work => ({
  ...work,
  done: withUnit(work.done, unit),
  quarantined: withoutUnit(work.quarantined, unit),
});

/**
 * The job begins its next run, or tasks leave quarantine: by an operator's request, or because nobody groups the run that
 * was ordered. A job that failed may begin another run if it was listed: then it failed while it was grouped. Only the run that follows counts, so that an event that arrives late or twice reopens nothing.
 */
const redriven = (job: Job, { run, body }: EventOf<"job-redriven">): Job => {
  const canReopen = job.state === "completed" || job.state === "finalizing" || failedInGrouping(job);
  const reopens = canReopen && run === job.run + 1;
  if (!reopens && (job.state !== "running" || run !== job.run)) return job;
  const leave = (work: Work, left: WorkKind): Work => ({
    ...work,
    quarantined: body.tasks.reduce(
      (set, { kind = "compare", task }) => (kind === left ? withoutUnit(set, task) : set),
      work.quarantined,
    ),
  });
  return { ...job, run, state: "running", failure: null, ...perKind((kind) => leave(job[kind], kind)) };
};
