import { emptySet } from "../primitives/bit-set.ts";
import { decide, enact } from "./decide.ts";
import type { EventOf, JobEvent, JobEventType } from "./events.ts";
import { evolve } from "./evolve.ts";
import { acceptedJob, type Job } from "./job.ts";
import { JobOptions } from "./options.ts";
import type { WorkKind } from "./task.ts";

/** Builders for tests: events of a job whose blocks have this many images, each field with a default. */
export const BLOCK = 10;

const ENVELOPE = {
  v: 1,
  eventId: "",
  tenant: "acme",
  job: "job-1",
  run: 1,
  attempt: 0,
  at: "2026-01-01T00:00:00.000Z",
} as const;

export const jobEventOf = <Type extends JobEventType>(
  type: Type,
  body: EventOf<Type>["body"],
  envelope: Partial<Omit<EventOf<Type>, "type" | "body">> = {},
): EventOf<Type> => ({ ...ENVELOPE, ...envelope, type, body }) as EventOf<Type>;

export const jobAccepted = (
  options: Partial<JobOptions> = {},
  catalog: EventOf<"job-accepted">["body"]["catalog"] = {
    id: "catalog-1",
    name: "photos",
    source: { kind: "hashes", file: "/f" },
  },
) => jobEventOf("job-accepted", { catalog, mode: "new", options: JobOptions.parse(options) });

/** `blocks` full blocks of 256-bit hashes; none is hashed yet, and no earlier job compared any. */
export const listingDone = (blocks: number, more: Partial<EventOf<"listing-done">["body"]> = {}) =>
  jobEventOf("listing-done", {
    images: blocks * BLOCK,
    blockSize: BLOCK,
    blocks,
    hashBits: 256,
    hashedBlocks: emptySet(0),
    hashedImages: 0,
    failedImages: 0,
    base: null,
    index: null,
    kernelReason: "",
    ...more,
  });

/** A block that is hashed: every image of it, without its hashes. */
export const hashDone = (block: number, more: Partial<EventOf<"hash-done">["body"]> = {}) =>
  jobEventOf("hash-done", {
    block,
    states: new Uint8Array(BLOCK).fill(1),
    hashes: new Uint8Array(0),
    signatures: new Uint8Array(0),
    contentDigests: new Uint8Array(0),
    pictureDigests: new Uint8Array(0),
    details: [],
    evidenceDigest: null,
    features: 0,
    digest: "",
    ...more,
  });

/** A comparison task that found nothing similar. */
export const pairBatchDone = (task: number, more: Partial<EventOf<"pair-batch-done">["body"]> = {}) =>
  jobEventOf("pair-batch-done", {
    task,
    comparisons: 0,
    edgeCount: 0,
    edges: new Uint8Array(0),
    digest: "",
    kernel: "",
    milliseconds: 0,
    ...more,
  });

/** A unit whose pairs are verified. */
export const verifyDone = (task: number, more: Partial<EventOf<"verify-done">["body"]> = {}) =>
  jobEventOf("verify-done", { task, pairs: 0, results: new Uint8Array(0), digest: "", milliseconds: 0, ...more });

export const taskQuarantined = (kind: WorkKind, task: number) =>
  jobEventOf("task-quarantined", { kind, task, images: kind === "hash" ? BLOCK : 0, reason: "crash" });

export const jobFinalized = (run: number) => jobEventOf("job-finalized", { groups: 0, groupedImages: 0 }, { run });

export const jobRedriven = (run: number, tasks: readonly number[], kind?: "verify") =>
  jobEventOf("job-redriven", { tasks: tasks.map((task) => ({ kind, task, attempt: 3 })) }, { run });

/** The job with every decision carried out. */
const settle = (job: Job): Job => decide(job).reduce(enact, job);

/**
 * `given(job).when(...events)`: the job after these events, with every decision carried out after
 * each, as a coordinator does it.
 */
export const given = (job: Job) => ({
  when: (...events: readonly JobEvent[]): Job =>
    events.reduce((state, event) => settle(evolve(state, event)), settle(job)),
});

/** A job that was accepted a moment ago. */
export const anAcceptedJob = (options: Partial<JobOptions> = {}): Job => acceptedJob(jobAccepted(options));
