import { countState, imagesIn } from "../image/hash-block.ts";
import {
  type DoneSet,
  emptySet,
  has,
  prefixLength,
  size,
  union,
  withoutUnit,
  withUnit,
} from "../primitives/bit-set.ts";
import type { EventOf, JobEvent, TaskClass } from "./events.ts";
import { defaultThresholdBits, type JobMode, type JobOptions, radiusBitsFor } from "./options.ts";
import { eligibleTasks, type IndexPlan, type Plan, pairCount, pairsOfTask, taskCount } from "./plan.ts";

export const JOB_STATES = ["accepted", "listing", "running", "finalizing", "completed", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];
/** States of jobs that are not over. */
export const ACTIVE: readonly JobState[] = ["accepted", "listing", "running", "finalizing"];

/** Blocks to hash or tasks to compare: which are handed out, which are finished. */
export interface Work {
  readonly count: number;
  /** Units below this one have been dispatched. */
  readonly cursor: number;
  readonly done: DoneSet;
  readonly quarantined: DoneSet;
}

/** The projection of a job's events, and all that is needed to go on with it. */
export interface Job {
  readonly id: string;
  readonly tenant: string;
  readonly catalog: string;
  readonly mode: JobMode;
  readonly options: JobOptions;
  readonly state: JobState;
  readonly paused: boolean;
  readonly run: number;
  readonly failure: string | null;
  /** The span of the request that started it: all that is done for it belongs under that. */
  readonly traceparent: string | null;
  readonly base: { readonly job: string; readonly blocks: number } | null;
  readonly blockSize: number | null;
  readonly hashBits: number | null;
  readonly thresholdBits: number | null;
  readonly radiusBits: number | null;
  /** null until listed, and for the exhaustive kernel. */
  readonly index: IndexPlan | null;
  readonly kernelReason: string | null;
  readonly images: number;
  readonly hashedImages: number;
  readonly failedImages: number;
  readonly hash: Work;
  readonly compare: Work;
}

const NO_WORK: Work = { count: 0, cursor: 0, done: emptySet(0), quarantined: emptySet(0) };

/** The job that a `job-accepted` event starts. */
export const acceptedJob = (event: EventOf<"job-accepted">): Job => ({
  id: event.job,
  tenant: event.tenant,
  catalog: event.body.catalog.id,
  mode: event.body.mode,
  options: event.body.options,
  state: "accepted",
  paused: false,
  run: event.run,
  failure: null,
  traceparent: event.traceparent ?? null,
  base: null,
  blockSize: null,
  hashBits: null,
  thresholdBits: null,
  radiusBits: null,
  index: null,
  kernelReason: null,
  images: 0,
  hashedImages: 0,
  failedImages: 0,
  hash: NO_WORK,
  compare: NO_WORK,
});

export const planOf = (job: Job): Plan => ({
  firstBlock: job.base?.blocks ?? 0,
  blocks: job.hash.count,
  pairsPerTask: job.options.pairsPerTask,
  index: job.index,
});

/** Jobs up to this many images go before bulk work. */
const INTERACTIVE_IMAGES = 10_000;
export const classOf = (job: Job): TaskClass => (job.images <= INTERACTIVE_IMAGES ? "interactive" : "bulk");

export const isOver = (job: Pick<Job, "state">): boolean => !ACTIVE.includes(job.state);

/**
 * Folds one event into the job. Commutative and idempotent for everything workers report: these
 * are insertions into sets, so an event that comes twice, late or out of order changes nothing.
 */
export const evolve = (job: Job, event: JobEvent): Job => {
  if (event.type === "job-redriven") return redriven(job, event);
  if (isOver(job)) return job;
  switch (event.type) {
    case "listing-done":
      return job.state === "accepted" || job.state === "listing" ? listed(job, event.body) : job;
    case "listing-failed":
      return job.state === "accepted" || job.state === "listing"
        ? { ...job, state: "failed", failure: event.body.detail }
        : job;
    case "hash-done": {
      const { block } = event.body;
      // A block that left quarantine would hide that tasks have compared without it: the next job takes it.
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
      return { ...job, compare: finished(job.compare, event.body.task) };
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
      return { ...job, paused: true };
    case "job-resumed":
      return { ...job, paused: false };
    case "job-cancelled":
      return { ...job, state: "cancelled" };
    case "job-finalized":
      if (event.run !== job.run) return job;
      // All was dispatched, or it could not be complete; a replay may see the end before it decides.
      return {
        ...job,
        state: "completed",
        hash: { ...job.hash, cursor: job.hash.count },
        compare: { ...job.compare, cursor: job.compare.count },
      };
    case "job-accepted":
    case "images-listed":
    case "images-vanished":
    case "shadow-compared":
      return job;
  }
};

const listed = (job: Job, body: EventOf<"listing-done">["body"]): Job => {
  const thresholdBits = job.options.thresholdBits ?? defaultThresholdBits(body.hashBits);
  const planned: Job = {
    ...job,
    state: "running",
    base: body.base,
    blockSize: body.blockSize,
    hashBits: body.hashBits,
    thresholdBits,
    radiusBits: radiusBitsFor(body.hashBits, thresholdBits),
    index: body.index,
    kernelReason: body.kernelReason,
    images: body.images,
    hashedImages: body.hashedImages,
    failedImages: body.failedImages,
    hash: {
      count: body.blocks,
      cursor: 0,
      done: union(emptySet(body.blocks), body.hashedBlocks),
      quarantined: emptySet(body.blocks),
    },
  };
  const tasks = taskCount(planOf(planned));
  return { ...planned, compare: { count: tasks, cursor: 0, done: emptySet(tasks), quarantined: emptySet(tasks) } };
};

/** A result that arrives after all takes its unit out of quarantine. */
const finished = (work: Work, unit: number): Work => ({
  ...work,
  done: withUnit(work.done, unit),
  quarantined: has(work.quarantined, unit) ? withoutUnit(work.quarantined, unit) : work.quarantined,
});

/**
 * A job that an operator sends on its way again: tasks leave quarantine, and one that was completed
 * becomes its next run. Only the run that follows counts, so that an event that comes late or twice
 * reopens nothing.
 */
const redriven = (job: Job, { run, body }: EventOf<"job-redriven">): Job => {
  const reopens = job.state === "completed" && run === job.run + 1;
  if (!reopens && (job.state !== "running" || run !== job.run)) return job;
  const quarantined = body.tasks.reduce((set, { task }) => withoutUnit(set, task), job.compare.quarantined);
  return { ...job, run, state: "running", compare: { ...job.compare, quarantined } };
};

/** Units that need no more work: done or quarantined. */
export const settled = (work: Work): DoneSet => union(work.done, work.quarantined);

/** Every block and every task is in its done set, or quarantined. */
export const isComplete = (job: Job): boolean =>
  job.state === "running" &&
  size(settled(job.hash)) === job.hash.count &&
  size(settled(job.compare)) === job.compare.count;

export type Decision =
  | { readonly type: "scan" }
  | { readonly type: "dispatch"; readonly kind: "hash" | "compare"; readonly from: number; readonly to: number }
  | { readonly type: "finalize"; readonly run: number };

/**
 * What to do next, by the job alone: no clock, no I/O.
 * @param monitor true when the completion monitor asks: with `dispatch: "all"` only it ends a job
 */
export const decide = (job: Job, monitor = false): Decision[] => {
  if (job.paused) return [];
  if (job.state === "accepted") return [{ type: "scan" }];
  if (job.state !== "running") return [];
  if (isComplete(job) && (monitor || job.options.dispatch !== "all")) {
    return [{ type: "finalize", run: job.run }];
  }
  const blocksReady = prefixLength(settled(job.hash), job.hash.count);
  const { batchSize, dispatch } = job.options;
  return [
    ...dispatchable("hash", job.hash, job.hash.count, windowRoom(job.hash, batchSize)),
    ...dispatchable(
      "compare",
      job.compare,
      eligibleTasks(planOf(job), blocksReady),
      ROOM[dispatch](job.compare, batchSize),
    ),
  ];
};

/** Dispatched units that are neither done nor quarantined. */
export const outstanding = (work: Work): number => {
  let count = 0;
  const finishedUnits = settled(work);
  for (let unit = 0; unit < work.cursor; unit += 1) if (!has(finishedUnits, unit)) count += 1;
  return count;
};

const windowRoom = (work: Work, batchSize: number): number => batchSize - outstanding(work);
const ROOM = {
  auto: windowRoom,
  window: windowRoom,
  waves: (work: Work, batchSize: number): number => (outstanding(work) === 0 ? batchSize : 0),
  all: (): number => Number.POSITIVE_INFINITY,
};

const dispatchable = (kind: "hash" | "compare", work: Work, ready: number, room: number): Decision[] => {
  const finishedUnits = settled(work);
  let to = work.cursor;
  for (let left = room; to < ready && (left > 0 || has(finishedUnits, to)); to += 1) {
    if (!has(finishedUnits, to)) left -= 1;
  }
  return to > work.cursor ? [{ type: "dispatch", kind, from: work.cursor, to }] : [];
};

/** The job once `decision` is carried out. */
export const enact = (job: Job, decision: Decision): Job => {
  switch (decision.type) {
    case "scan":
      return { ...job, state: "listing" };
    case "dispatch":
      return { ...job, [decision.kind]: { ...job[decision.kind], cursor: decision.to } };
    case "finalize":
      return { ...job, state: "finalizing" };
  }
};

export type Phase = "listing" | "hashing" | "comparing" | "grouping" | "done";

/** A job's progress in the numbers people ask for. Counts never go backwards. */
export interface Progress {
  readonly phase: Phase;
  readonly totalImages: number;
  readonly completedImages: number;
  readonly failedImages: number;
  readonly totalBlocks: number;
  readonly completedBlocks: number;
  readonly totalBlockPairs: number;
  readonly completedBlockPairs: number;
  readonly totalTasks: number;
  readonly completedTasks: number;
  readonly quarantinedTasks: number;
}

export const progressOf = (job: Job): Progress => ({
  phase: phaseOf(job),
  totalImages: job.images,
  completedImages: job.hashedImages,
  failedImages: job.failedImages,
  totalBlocks: job.hash.count,
  completedBlocks: size(job.hash.done),
  totalBlockPairs: pairCount(planOf(job)),
  completedBlockPairs: completedPairs(job),
  totalTasks: job.compare.count,
  completedTasks: size(job.compare.done),
  quarantinedTasks: size(job.hash.quarantined) + size(job.compare.quarantined),
});

const phaseOf = (job: Job): Phase => {
  if (job.state === "accepted" || job.state === "listing") return "listing";
  if (job.state === "finalizing") return "grouping";
  if (job.state !== "running") return "done";
  return size(settled(job.hash)) < job.hash.count ? "hashing" : "comparing";
};

const completedPairs = (job: Job): number => {
  const last = job.compare.count - 1;
  if (last < 0) return 0;
  const plan = planOf(job);
  // An indexed task is a band of many pairs: its share of them.
  if (plan.index !== null) return Math.floor((pairCount(plan) * size(job.compare.done)) / job.compare.count);
  const short = plan.pairsPerTask - (pairsOfTask(plan, last).to - pairsOfTask(plan, last).from);
  return size(job.compare.done) * plan.pairsPerTask - (has(job.compare.done, last) ? short : 0);
};
