import { z } from "zod";
import { unrecordedFormat } from "../image/hash-format.ts";
import { type DoneSet, fullSet, members, missing, union } from "../primitives/bit-set.ts";
import type { EventOf } from "./events.ts";
import type { FileCounts } from "./file-counts.ts";
import type { JobMode, JobOptions } from "./options.ts";
import type { CandidatePlan, Plan } from "./plan.ts";
import { type Task, type TaskClass, type TaskKind, WorkKind } from "./task.ts";
import { plannedWork, settled, type Work } from "./work.ts";

export const JobState = z.enum(["accepted", "listing", "running", "finalizing", "completed", "failed", "cancelled"]);
export type JobState = z.infer<typeof JobState>;

/** States of jobs that are not over. */
export const ACTIVE: readonly JobState[] = ["accepted", "listing", "running", "finalizing"];

/** What the listing decided for the whole job: how the catalog is cut into blocks, and how it is compared. */
export type Listed = Readonly<Pick<EventOf<"listing-done">["body"], "base" | "blockSize" | "hashBits" | "index">> & {
  readonly thresholdBits: number;
  readonly radiusBits: number;
  /** Why this kernel, in words; null for jobs that were listed before this was recorded. */
  readonly kernelReason: string | null;
  /** What became of each file under the root; null where the job walked no folder. */
  readonly fileCounts: FileCounts | null;
  /** Whether the pairs that are found are verified. */
  readonly verification: boolean;
  /** null = only edges are verified: nothing is, or the job was listed before candidates were sought. */
  readonly candidates: CandidatePlan | null;
};

/** The projection of a job's events, and all that is needed to continue it. */
export interface Job {
  readonly id: string;
  readonly tenant: string;
  readonly catalog: string;
  readonly mode: JobMode;
  readonly options: JobOptions;
  readonly state: JobState;
  readonly paused: boolean;
  /** Number of the last event that paused or resumed the job; 0 = none. */
  readonly commandNumber: number;
  readonly run: number;
  readonly failure: string | null;
  /** Known images that the listing did not find, where the job failed because they were so many; else null. */
  readonly missingImages: number | null;
  /** The span of the request that started the job: the spans of its work belong under it. */
  readonly traceparent: string | null;
  /** Format of the hashes it compares. Until its listing records one, the format of the time before that. */
  readonly hashFormat: string;
  /** null until the source is listed. */
  readonly listing: Listed | null;
  readonly images: number;
  readonly hashedImages: number;
  readonly failedImages: number;
  readonly hash: Work;
  readonly compare: Work;
  /** Unit k verifies the pairs that comparison task k found; no units where nothing is verified. */
  readonly verify: Work;
}

type Accepted = Pick<EventOf<"job-accepted">, "job" | "tenant" | "run" | "traceparent" | "body">;

/** The job that a `job-accepted` event starts. */
export const acceptedJob = ({ job, tenant, run, traceparent, body }: Accepted): Job => ({
  id: job,
  tenant,
  catalog: body.catalog.id,
  mode: body.mode,
  options: body.options,
  state: "accepted",
  paused: false,
  commandNumber: 0,
  run,
  failure: null,
  missingImages: null,
  traceparent: traceparent ?? null,
  hashFormat: unrecordedFormat(body.catalog.source),
  listing: null,
  images: 0,
  hashedImages: 0,
  failedImages: 0,
  hash: plannedWork(0),
  compare: plannedWork(0),
  verify: plannedWork(0),
});

/** The job's listing. @throws Error when the source is not listed yet */
export const listed = ({ id, listing }: Pick<Job, "id" | "listing">): Listed => {
  if (listing === null) throw new Error(`job ${id} is not listed yet`);
  return listing;
};

/** The plan of a job that is listed with so many blocks. */
export const planFrom = (
  { base, index, candidates }: PlannedBy,
  blocks: number,
  { pairsPerTask }: Pick<JobOptions, "pairsPerTask">,
): Plan => ({
  firstBlock: base === null ? 0 : base.blocks,
  blocks,
  pairsPerTask,
  index,
  ...(candidates ? { candidates } : {}),
});

/** What decides the plan of a listing; candidates are left out in the listings of jobs that seek none. */
type PlannedBy = Pick<Listed, "base" | "index"> & { readonly candidates?: CandidatePlan | null | undefined };

/** @throws Error when the source is not listed yet */
export const planOf = (job: Job): Plan => planFrom(listed(job), job.hash.count, job.options);

/** Jobs up to this many images go before bulk work. */
export const INTERACTIVE_IMAGES = 10_000;
export const classOf = (job: Job, kind: TaskKind): TaskClass =>
  kind === "scan" || job.images <= INTERACTIVE_IMAGES ? "interactive" : "bulk";

/**
 * Whether an order to group this run may be carried out. A database that lost its last commits, as a standby that has taken over, may get an order for
 * work that it does not know: it waits until the work is done once more.
 */
export const mayBeGrouped = (job: Pick<Job, "run" | "state">, run: number): boolean =>
  run < job.run || (run === job.run && job.state !== "accepted" && job.state !== "listing" && job.state !== "running");

/** Whether the job failed because what it is grouped by was missing: it can be grouped when that is there. */
export const failedInGrouping = ({ state, listing }: Pick<Job, "state" | "listing">): boolean =>
  state === "failed" && listing !== null;

export const isOver = (job: Pick<Job, "state">): boolean => !ACTIVE.includes(job.state);

/**
 * A kind's units as they are dispatched. What a comparison task found can be verified once it is done, so that
 * until then, and where it stays in quarantine, there is nothing to verify: its unit counts as settled.
 */
export const workOf = (job: Job, kind: WorkKind): Work =>
  kind === "verify" ? { ...job.verify, quarantined: union(job.verify.quarantined, notCompared(job)) } : job[kind];

const notCompared = ({ verify: { count }, compare: { done } }: Job): DoneSet =>
  fullSet(count).map((byte, index) => byte & ~(done[index] ?? 0));

/** A task of a job, by its kind and number. */
export type TaskRef = Readonly<Pick<Task, "kind" | "task">>;

/** A task that can leave quarantine. A block can't: tasks were compared without it. */
export type RedrivenTask = TaskRef & { readonly kind: "compare" | "verify" };

export const quarantinedTasks = (job: Job): RedrivenTask[] =>
  (["compare", "verify"] as const).flatMap((kind) =>
    [...members(job[kind].quarantined, job[kind].count)].map((task) => ({ kind, task })),
  );

/**
 * Dispatched tasks without a result: neither done nor quarantined.
 * @param limit at most so many of each kind
 */
export const missingTasks = (job: Job, limit = Number.POSITIVE_INFINITY): TaskRef[] => {
  if (job.state === "listing") return [{ kind: "scan", task: 0 }];
  if (job.state !== "running") return [];
  return WorkKind.options.flatMap((kind) =>
    [...missing(settled(workOf(job, kind)), 0, job[kind].cursor)].slice(0, limit).map((task) => ({ kind, task })),
  );
};
