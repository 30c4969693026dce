import { jobEvent } from "@lookalike/shared/bus/messages";
import type { Message } from "@lookalike/shared/domain/job/events";
import { acceptedJob, isOver, type Job, type TaskRef } from "@lookalike/shared/domain/job/job";
import { jobAccepted } from "@lookalike/shared/domain/job/job.fixtures";
import { perKind, WorkKind } from "@lookalike/shared/domain/job/task";
import type { DoneSet } from "@lookalike/shared/domain/primitives/bit-set";

/** A row of the outbox; its place there is its number, from 1. */
interface Row {
  readonly message: Message;
  readonly isPublished: boolean;
  /** Only events are applied. */
  readonly isApplied: boolean;
}

/** A message of a stream. */
interface Stored {
  readonly message: Message;
  /** Its consumer has acknowledged it. */
  readonly isHandled: boolean;
}

export const STREAM_NAMES = ["tasks", "events", "finalize", "deadLetters"] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

/** An attempt at a task after its first one. */
interface Attempt extends TaskRef {
  readonly attempt: number;
  readonly failed: boolean;
}

/** What a reconciler has read, and acts on later. */
interface Snapshot {
  readonly job: Job;
  readonly attempts: readonly Attempt[];
}

/** What the database has. */
export interface Tables {
  readonly job: Job;
  readonly published: Readonly<Record<WorkKind, number>>;
  readonly attempts: readonly Attempt[];
  readonly outbox: readonly Row[];
  /** The run of each stored result, in the order in which they were stored. */
  readonly results: readonly number[];
}

/** All that outlives a process, what processes hold in memory, and how much may still go wrong. */
export interface World extends Tables {
  /** What a standby has that gets no more commits; null = it has them all. */
  readonly standby: Tables | null;
  // Streams.
  readonly streams: Readonly<Record<StreamName, readonly Stored[]>>;
  /** Whether the server knows the ids that it has stored. */
  readonly deduplicates: boolean;
  // Memory of processes.
  /** Messages that workers hold, of streams that were lost meanwhile. */
  readonly held: readonly Message[];
  readonly snapshot: Snapshot | null;
  // Of the exploration.
  /** Tasks whose work has failed, once for each time. */
  readonly failures: readonly TaskRef[];
  readonly left: Readonly<Record<"faults" | "commands" | "requests" | "failures" | "rewinds", number>>;
}

export interface Sizes {
  readonly blocks: number;
  readonly pairsPerTask: number;
  /** Whether the job verifies what its comparisons find; each of them finds something. */
  readonly verifies: boolean;
  /** Tasks of a kind that are dispatched at once. */
  readonly window: number;
  readonly maxAttempts: number;
  /** How often infrastructure fails, owners send commands, operators request something, and work fails. */
  readonly faults: number;
  readonly commands: number;
  readonly requests: number;
  readonly failures: number;
  /** How often a standby takes over that lacks the last commits. */
  readonly rewinds: number;
  /** Whether a reconciler may be overtaken between what it reads and what it does. */
  readonly splitsRounds: boolean;
}

/** A job that was accepted a moment ago, as the API stores it. */
export const acceptedWorld = ({
  pairsPerTask,
  window,
  faults,
  commands,
  requests,
  failures,
  rewinds,
}: Sizes): World => {
  const accepted = jobAccepted({ pairsPerTask, batchSize: window });
  const job = acceptedJob(accepted);
  const message = jobEvent(job, "job-accepted", 1, accepted.body);
  return {
    job,
    published: perKind(() => 0),
    attempts: [],
    outbox: [{ message, isPublished: false, isApplied: false }],
    results: [],
    standby: null,
    streams: { tasks: [], events: [], finalize: [], deadLetters: [] },
    deduplicates: true,
    held: [],
    snapshot: null,
    failures: [],
    left: { faults, commands, requests, failures, rewinds },
  };
};

export const tablesOf = ({ job, published, attempts, outbox, results }: Tables): Tables => ({
  job,
  published,
  attempts,
  outbox,
  results,
});

/** One less of what may still go wrong. */
export const spend = (world: World, what: keyof World["left"]): World => ({
  ...world,
  left: { ...world.left, [what]: world.left[what] - 1 },
});

/**
 * The world without what can have no effect any more, since the job is over: only a result or the next run can follow.
 * Fewer worlds differ then.
 */
export const withoutPast = (world: World): World => {
  const { job, outbox, streams, held, left } = world;
  // A standby may take the database back to where the job was not over.
  if (!isOver(job) || world.standby !== null || left.rewinds > 0) return world;
  // The commands so far, which its next run does not get again, count no more: the outbox numbers the next ones from 1.
  const base = {
    ...world,
    job: { ...job, commandNumber: 0 },
    published: perKind(() => 0),
    attempts: [],
    snapshot: null,
  };
  const isNextRun = ({ body: { type } }: Message): boolean => type === "job-redriven";
  const isOrder = ({ stream }: Message): boolean => stream === "LOOKALIKE_FINALIZE";
  const mayFollow = (message: Message): boolean => isNextRun(message) || isOrder(message);
  const isCompleted = job.state === "completed";
  return {
    ...base,
    outbox: isCompleted ? outbox.filter(({ message }) => mayFollow(message) || isFinalized(message)) : [],
    streams: {
      tasks: [],
      events: isCompleted ? streams.events.filter(({ message }) => isNextRun(message)) : [],
      finalize: isCompleted ? streams.finalize : [],
      deadLetters: [],
    },
    held: isCompleted ? held.filter(mayFollow) : [],
    left: isCompleted
      ? { ...left, commands: 0, failures: 0 }
      : { faults: 0, commands: 0, requests: 0, failures: 0, rewinds: 0 },
  };
};

const isFinalized = ({ body: { type } }: Message): boolean => type === "job-finalized";

/** Part keys by the objects that they are of: worlds share most of their parts. */
const cachedKey = <Part extends object>(keyOf: (part: Part) => string): ((part: Part) => string) => {
  const keys = new WeakMap<Part, string>();
  return (part) => {
    const known = keys.get(part);
    if (known !== undefined) return known;
    const key = keyOf(part);
    keys.set(part, key);
    return key;
  };
};

const hex = (set: DoneSet): string => Buffer.from(set).toString("hex");

const jobKey = cachedKey((job: Job): string => {
  const { state, paused, commandNumber, run } = job;
  const works = WorkKind.options
    .map((kind) => job[kind])
    .map(({ cursor, done, quarantined }) => [cursor, hex(done), hex(quarantined)]);
  return [state, paused, commandNumber, run, ...works].join(",");
});

const attemptsKey = cachedKey((attempts: readonly Attempt[]): string =>
  attempts
    .map(({ kind, task, attempt, failed }) => `${kind}${task}a${attempt}${failed ? "f" : ""}`)
    .sort()
    .join(),
);

/** Short names of messages. */
const numbers = new Map<string, number>();
const numberOf = ({ eventId }: Message): number => {
  const known = numbers.get(eventId) ?? numbers.size;
  numbers.set(eventId, known);
  return known;
};

const outboxKey = cachedKey((outbox: readonly Row[]): string =>
  outbox.map((row) => `${numberOf(row.message)}${row.isPublished ? "p" : ""}${row.isApplied ? "a" : ""}`).join(),
);

/** Every message of a stream may be delivered next, so their order says nothing. */
const streamKey = cachedKey((stream: readonly Stored[]): string =>
  stream
    .map(({ message, isHandled }) => `${numberOf(message)}${isHandled ? "h" : ""}`)
    .sort()
    .join(),
);

const tablesKey = ({ job, published, attempts, outbox, results }: Tables): string =>
  [
    jobKey(job),
    ...WorkKind.options.map((kind) => published[kind]),
    attemptsKey(attempts),
    outboxKey(outbox),
    results.join(),
  ].join("|");

/** Equal for worlds that behave equally. Times are in no key: nothing is decided by a clock. */
export const worldKey = (world: World): string => {
  const { standby, streams, deduplicates, held, snapshot, failures, left } = world;
  return [
    tablesKey(world),
    standby === null ? "" : tablesKey(standby),
    ...STREAM_NAMES.map((name) => streamKey(streams[name])),
    deduplicates,
    held.map(numberOf).sort().join(),
    snapshot === null ? "" : `${jobKey(snapshot.job)} ${attemptsKey(snapshot.attempts)}`,
    failures
      .map(({ kind, task }) => `${kind}${task}`)
      .sort()
      .join(),
    left.faults,
    left.commands,
    left.requests,
    left.failures,
    left.rewinds,
  ].join("|");
};
