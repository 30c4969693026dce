import { randomUUID } from "node:crypto";
import type { Bus } from "@lookalike/shared/bus/connect";
import { finalizeMessage, jobEvent, jobEventId } from "@lookalike/shared/bus/messages";
import { publish, publishOnce } from "@lookalike/shared/bus/publish";
import { hasMessage, hasUnhandled, readUnhandled } from "@lookalike/shared/bus/read";
import { coordinatorDurable, durableOf, STREAMS, subjects } from "@lookalike/shared/bus/topology";
import type { Message } from "@lookalike/shared/domain/job/events";
import { classOf, type Job, type TaskRef } from "@lookalike/shared/domain/job/job";
import {
  type Evidence,
  hasOvertakenTasks,
  type Recovery,
  recoveryOf,
  unfinishedTasks,
} from "@lookalike/shared/domain/job/recovery";
import { type TaskKind, TaskOfAnyVersion } from "@lookalike/shared/domain/job/task";
import { repairs } from "@lookalike/shared/runtime/metrics";
import { lastAttempts } from "@lookalike/shared/store/jobs/attempts";
import { correctFutureTimes } from "@lookalike/shared/store/jobs/future-times";
import {
  activeJobs,
  findJob,
  hasUnpublishedTasks,
  type JobRow,
  jobOf,
  jobsWithUnpublishedTasks,
} from "@lookalike/shared/store/jobs/jobs";
import {
  addToOutbox,
  claimUnapplied,
  hasUnpublished,
  isInOutbox,
  unappliedEvents,
} from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { reconsider } from "./enact-decisions.ts";
import type { Coordinator } from "./environment.ts";
import { numbered } from "./relay.ts";
import { retryTask } from "./retry.ts";

type Recoverer = Pick<Coordinator, "bus" | "store" | "log" | "environment">;
type Reconciler = Recoverer & Pick<Coordinator, "dispatch" | "credit">;

/**
 * The third ring against lost work, and the completion monitor of `dispatch: "all"`. What was published and lost with
 * its stream is published again: events of the outbox, tasks, and the order to group. A message is lost where its effect
 * is missing and its consumer has handled all that the stream has of it, so that nothing is sent again for being slow.
 */
export const reconcileRound = async (coordinator: Reconciler): Promise<void> => {
  const { dispatch } = coordinator;
  const { db } = coordinator.store;
  await correctFutureTimes(db);
  await publishLostEvents(coordinator);
  for (const { id, silentMs } of await activeJobs(db)) {
    // Ends with the roll-out: decision 0037.
    await reconsider(db, id, new Date().toISOString(), coordinator.credit());
    await recoverJob(coordinator, id, silentMs);
  }
  for (const id of await jobsWithUnpublishedTasks(db)) dispatch(id);
};

/**
 * Publishes the events of the outbox again that nobody has applied, and nobody will. Each gets another message id: the stream may have the lost one,
 * where the database lost the commit that applied it, and would drop its id.
 */
const publishLostEvents = async ({ bus, store: { db }, log, environment }: Reconciler): Promise<void> => {
  const lost: string[] = [];
  const { LOOKALIKE_LOST_AFTER_MS: lostAfterMs } = environment;
  for (const { eventId, subject, job } of await unappliedEvents(db, lostAfterMs))
    if (!(await hasUnhandled(bus, STREAMS.events, coordinatorDurable(job), subject))) lost.push(eventId);
  if (lost.length === 0) return;
  const claimed = await claimUnapplied(db, lost, lostAfterMs);
  for (const message of claimed)
    await publish(bus, { ...numbered(message), eventId: `${message.eventId}:${randomUUID()}` });
  repairs.inc({ kind: "event", outcome: "published" }, claimed.length);
  log.warn({ events: claimed.length }, "lost events are published again");
};

const recoverJob = async (coordinator: Reconciler, id: string, silentMs: number): Promise<void> => {
  const row = await findJob(coordinator.store.db, id);
  if (row === null) return;
  const isSilent = silentMs >= coordinator.environment.LOOKALIKE_LOST_AFTER_MS;
  if (isSilent || hasOvertakenTasks(jobOf(row)))
    await recover(coordinator, row, `no result for ${Math.round(silentMs / 1_000)} s`);
};

/**
 * Recovers a job of which tasks were published a second time, without waiting until it has been silent for long.
 * @returns false while messages of the job are on their way
 */
export const recoverRepublished = async (coordinator: Recoverer, id: string): Promise<boolean> => {
  const row = await findJob(coordinator.store.db, id);
  return (
    row?.state !== "running" || (await recover(coordinator, row, "published before, and without a result")) !== "wait"
  );
};

/** Publishes what the job has lost again. @param reason recorded with each new attempt */
const recover = async (coordinator: Recoverer, row: JobRow, reason: string): Promise<Recovery["type"]> => {
  const job = jobOf(row);
  // Before the outbox and the streams are looked at: of several coordinators, one sends the attempt after these.
  const attempts = await lastAttempts(coordinator.store.db, job.id);
  const recovery = recoveryOf(job, await evidenceOf(coordinator, row));
  switch (recovery.type) {
    case "wait":
      break;
    case "retry":
      await retryTasks(coordinator, job, recovery.tasks, attempts, reason);
      break;
    case "publish-order":
      if (await publishOnce(coordinator.bus, finalizeMessage(job))) {
        repairs.inc({ kind: "finalize", outcome: "published" });
        coordinator.log.warn({ job: job.id, run: job.run }, "lost order to group is published again");
      } else await beginNextRun(coordinator, job);
      break;
    case "next-run":
      await beginNextRun(coordinator, job);
  }
  return recovery.type;
};

/** In the direction in which messages move: one that moves meanwhile is seen at least once. */
const evidenceOf = async ({ bus, store: { db } }: Recoverer, row: JobRow): Promise<Evidence> => {
  const job = jobOf(row);
  const isUnpublished = hasUnpublishedTasks(row) || (await hasUnpublished(db, job.id));
  const unhandled = new Map<TaskKind, ReadonlySet<number> | null>();
  for (const kind of new Set(unfinishedTasks(job).map(({ kind }) => kind)))
    unhandled.set(kind, await unhandledTasks(bus, job, kind));
  const isOrdered = job.state === "finalizing";
  const order = isOrdered ? await findOrder(bus, job) : "none";
  return {
    isUnpublished,
    hasUnhandledEvents: await hasUnhandled(bus, STREAMS.events, coordinatorDurable(job.id), subjects.eventsOf(job.id)),
    mayHaveResult: ({ kind, task }) => unhandled.get(kind)?.has(task) ?? true,
    order,
    hasResult: isOrdered && (await hasResult(db, job)),
  };
};

/** More messages of a kind are not looked at: then each task may still have a result. */
const MAX_UNHANDLED = 1_000;

/** The tasks of the job that a worker has or will get; null = they are too many to be read. */
const unhandledTasks = async (bus: Bus, job: Job, kind: TaskKind): Promise<ReadonlySet<number> | null> => {
  const taskClass = classOf(job, kind);
  const subject = subjects.task(kind, taskClass, { tenant: job.tenant, job: job.id });
  // The other class's consumer never has these tasks, so its floor says nothing about them.
  const bodies = await readUnhandled(bus, STREAMS.tasks, durableOf(kind, taskClass), subject, MAX_UNHANDLED);
  return bodies === null ? null : new Set(bodies.flatMap((body) => TaskOfAnyVersion.safeParse(body).data?.task ?? []));
};

const findOrder = async (bus: Bus, job: Job): Promise<Evidence["order"]> => {
  const { stream, subject } = finalizeMessage(job);
  if (await hasUnhandled(bus, stream, "finalizer", subject)) return "unhandled";
  return (await hasMessage(bus, stream, subject)) ? "handled" : "none";
};

const hasResult = async (db: Db, { id, run }: Job): Promise<boolean> => {
  for (const type of ["job-finalized", "grouping-failed"] as const)
    if (await isInOutbox(db, jobEventId(id, type, run))) return true;
  return false;
};

const retryTasks = async (
  { store, log, environment }: Recoverer,
  job: Job,
  tasks: readonly TaskRef[],
  attempts: (task: TaskRef) => number,
  reason: string,
): Promise<void> => {
  for (const task of tasks) {
    const lost = { job: job.id, ...task, attempt: attempts(task), failed: false, reason };
    const outcome = await retryTask(store.db, lost, environment.LOOKALIKE_MAX_ATTEMPTS);
    repairs.inc({ kind: task.kind, outcome });
    log.warn({ job: job.id, ...task, outcome }, "lost task");
  }
};

const beginNextRun = async ({ store: { db }, log }: Recoverer, job: Job): Promise<void> => {
  const next = nextRunMessage(job);
  await addToOutbox(db, next);
  repairs.inc({ kind: "finalize", outcome: "next run" });
  log.warn({ job: job.id, run: job.run + 1 }, "nobody groups the run that was ordered: the job begins its next one");
};

/** The event by which a job that nobody groups begins its next run; one for each run, whoever finds it. */
export const nextRunMessage = (job: Job): Message => {
  const run = job.run + 1;
  return jobEvent({ ...job, run }, "job-redriven", `finalize:${run}`, { tasks: [] });
};
