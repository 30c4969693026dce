import type { Bus } from "@lookalike/shared/bus/connect";
import { finalizeMessage, jobEvent, jobEventId } from "@lookalike/shared/bus/messages";
import { publishOnce } from "@lookalike/shared/bus/publish";
import { hasMessage, hasUnhandled } from "@lookalike/shared/bus/read";
import { coordinatorDurable, durableOf, STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { classOf, type Job, missingTasks, type TaskRef } from "@lookalike/shared/domain/job/job";
import { TaskKind } from "@lookalike/shared/domain/job/task";
import { repairs } from "@lookalike/shared/runtime/metrics";
import { lastAttempts } from "@lookalike/shared/store/jobs/attempts";
import { activeJobs, findJob, jobOf, jobsWithUnpublishedTasks } from "@lookalike/shared/store/jobs/jobs";
import {
  addToOutbox,
  hasUnpublished,
  isInOutbox,
  publishAgain,
  unappliedEvents,
} from "@lookalike/shared/store/jobs/outbox";
import { reconsider } from "./enact-decisions.ts";
import type { Coordinator } from "./environment.ts";
import { retryTask } from "./retry.ts";

type Reconciler = Pick<Coordinator, "bus" | "store" | "log" | "environment" | "dispatch">;

/**
 * The third ring against lost work, and the completion monitor of `dispatch: "all"`. What was published and lost with
 * its stream is published again: events of the outbox, tasks, and the order to group. A message is lost where its effect
 * is missing and its consumer has handled all that the stream has of it, so that nothing is sent again for being slow.
 */
export const reconcileRound = async (coordinator: Reconciler): Promise<void> => {
  const { environment, dispatch } = coordinator;
  const { db } = coordinator.store;
  await publishLostEvents(coordinator);
  for (const { id, silentMs } of await activeJobs(db)) {
    // Ends with the roll-out: decision 0037.
    await reconsider(db, id, new Date().toISOString());
    if (silentMs >= environment.LOOKALIKE_LOST_AFTER_MS) await recoverJob(coordinator, id, silentMs);
  }
  for (const id of await jobsWithUnpublishedTasks(db)) dispatch(id);
};

/** Sends the events of the outbox again that nobody has applied, and nobody will. */
const publishLostEvents = async ({ bus, store: { db }, log, environment }: Reconciler): Promise<void> => {
  const lost: string[] = [];
  for (const { eventId, subject, job } of await unappliedEvents(db, environment.LOOKALIKE_LOST_AFTER_MS))
    if (!(await hasUnhandled(bus, STREAMS.events, coordinatorDurable(job), subject))) lost.push(eventId);
  if (lost.length === 0) return;
  await publishAgain(db, lost);
  repairs.inc({ kind: "event", outcome: "published" }, lost.length);
  log.warn({ events: lost.length }, "lost events are published again");
};

const recoverJob = async (coordinator: Reconciler, id: string, silentMs: number): Promise<void> => {
  const row = await findJob(coordinator.store.db, id);
  if (row === null) return;
  const job = jobOf(row);
  // Before the outbox and the streams are looked at: of several coordinators, one sends the attempt after these.
  const attempts = await lastAttempts(coordinator.store.db, id);
  if (await hasUnpublished(coordinator.store.db, id)) return;
  if (await hasUnhandled(coordinator.bus, STREAMS.events, coordinatorDurable(id), subjects.eventsOf(id))) return;
  if (job.state === "finalizing") await recoverFinalize(coordinator, job);
  else if (!job.paused) await retryMissingTasks(coordinator, job, attempts, silentMs);
};

/** Tasks of a kind that one round sends again. */
const TASKS_PER_ROUND = 1_000;

const retryMissingTasks = async (
  { bus, store, log, environment }: Reconciler,
  job: Job,
  attempts: (task: TaskRef) => number,
  silentMs: number,
): Promise<void> => {
  const reason = `no result for ${Math.round(silentMs / 1_000)} s`;
  const missing = missingTasks(job, TASKS_PER_ROUND);
  for (const kind of TaskKind.options) {
    const tasks = missing.filter((task) => task.kind === kind);
    if (tasks.length === 0 || (await hasUnhandledTasks(bus, job, kind))) continue;
    for (const task of tasks) {
      const lost = { job: job.id, ...task, attempt: attempts(task), failed: false, reason };
      const outcome = await retryTask(store.db, lost, environment.LOOKALIKE_MAX_ATTEMPTS);
      repairs.inc({ kind, outcome });
      log.warn({ job: job.id, ...task, outcome }, "lost task");
    }
  }
};

/** Whether a worker has or will get a task of the job: then it may still have a result. */
const hasUnhandledTasks = (bus: Bus, job: Job, kind: TaskKind): Promise<boolean> => {
  const taskClass = classOf(job, kind);
  const subject = subjects.task(kind, taskClass, { tenant: job.tenant, job: job.id });
  // The other class's consumer never has these tasks, so its floor says nothing about them.
  return hasUnhandled(bus, STREAMS.tasks, durableOf(kind, taskClass), subject);
};

/**
 * Sends the order to group again where it was lost with its stream. Where it was handled and nobody has stored a result,
 * or where another message is in its write-once subject, the job begins its next run, which has an order of its own.
 */
const recoverFinalize = async ({ bus, store: { db }, log }: Reconciler, job: Job): Promise<void> => {
  const order = finalizeMessage(job);
  if (await hasUnhandled(bus, order.stream, "finalizer", order.subject)) return;
  // Its event is in the outbox, and comes by itself.
  for (const type of ["job-finalized", "grouping-failed"] as const)
    if (await isInOutbox(db, jobEventId(job.id, type, job.run))) return;
  if (!(await hasMessage(bus, order.stream, order.subject)) && (await publishOnce(bus, order))) {
    repairs.inc({ kind: "finalize", outcome: "published" });
    log.warn({ job: job.id, run: job.run }, "lost order to group is published again");
    return;
  }
  const run = job.run + 1;
  await addToOutbox(db, jobEvent({ ...job, run }, "job-redriven", `finalize:${run}`, { tasks: [] }));
  repairs.inc({ kind: "finalize", outcome: "next run" });
  log.warn({ job: job.id, run }, "nobody groups the run that was ordered: the job begins its next one");
};
