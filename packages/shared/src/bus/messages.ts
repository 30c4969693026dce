import { randomUUID } from "node:crypto";
import { type EventOf, encodeEvent, type JobEvent, type JobEventType, type Message } from "../domain/job/events.ts";
import { classOf, type Job, listed, planOf } from "../domain/job/job.ts";
import type { Finalize, Task, TaskKind } from "../domain/job/task.ts";
import { activeTraceparent } from "../runtime/tracing.ts";
import { STREAMS, subjects } from "./topology.ts";

/**
 * This file builds every message about a job: its id, by which JetStream deduplicates, its subject
 * and its body. The id of a task names its attempt, because the server's map of ids survives a purge
 * and would drop a task that is dispatched again.
 */
const taskId = (job: string, kind: TaskKind, task: number, attempt: number): string =>
  `${job}:${kind}:${task}:a${attempt}`;

/** The job that an event is about; a Job and its row fit. */
type JobAddress = Pick<Job, "id" | "tenant" | "run"> & { readonly traceparent?: string | null | undefined };

/** @param occasion distinguishes the event from others of its type in the same job */
export const jobEvent = <Type extends JobEventType>(
  job: JobAddress,
  type: Type,
  occasion: string | number,
  body: EventOf<Type>["body"],
): Message => eventMessage(job, 0, type, jobEventId(job.id, type, occasion), body);

/** The id of an event that {@link jobEvent} gives. */
export const jobEventId = (job: string, type: JobEventType, occasion: string | number): string =>
  `${job}:${type}:${occasion}`;

/** The result of a task. @param part distinguishes events of one type where a task has many */
export const resultEvent = <Type extends JobEventType>(
  task: Task,
  type: Type,
  body: EventOf<Type>["body"],
  part?: string,
): Message => {
  const id = taskId(task.job, task.kind, task.task, task.attempt);
  const result = part === undefined ? type : `${type}:${part}`;
  return eventMessage({ ...task, id: task.job }, task.attempt, type, `${id}:${result}`, body);
};

const eventMessage = <Type extends JobEventType>(
  { id: job, tenant, run, traceparent }: JobAddress,
  attempt: number,
  type: Type,
  eventId: string,
  body: EventOf<Type>["body"],
): Message => {
  const at = new Date().toISOString();
  const trace = traced(activeTraceparent() ?? traceparent);
  const event = { v: 1, type, eventId, tenant, job, run, attempt, at, ...trace, body } as JobEvent;
  return { eventId, stream: STREAMS.events, subject: subjects.event(type, { tenant, job }), body: encodeEvent(event) };
};

const traced = (traceparent: string | null | undefined) => (traceparent ? { traceparent } : {});

const JOB_COMMAND_EVENTS = { pause: "job-paused", resume: "job-resumed", cancel: "job-cancelled" } as const;
export type JobCommand = keyof typeof JOB_COMMAND_EVENTS;
export const JOB_COMMANDS = ["pause", "resume", "cancel"] as const satisfies readonly JobCommand[];

/** A command to a job, as an event with an id of its own each time. */
export const jobCommand = (command: JobCommand, job: JobAddress): Message =>
  jobEvent(job, JOB_COMMAND_EVENTS[command], randomUUID(), {});

/** Task `task` of a job as a message for the workers: a few numbers, never a list of images. */
export const taskMessage = (job: Job, kind: TaskKind, task: number, attempt: number): Message => ({
  eventId: taskId(job.id, kind, task, attempt),
  stream: STREAMS.tasks,
  subject: subjects.task(kind, classOf(job, kind), { tenant: job.tenant, job: job.id }),
  body: taskOf(job, kind, task, attempt),
});

const taskOf = (job: Job, kind: TaskKind, task: number, attempt: number): Task => {
  const { id, tenant, run, catalog } = job;
  const fields = { v: 1, tenant, job: id, run, attempt, ...traced(job.traceparent), catalog, task } as const;
  if (kind === "scan") return { ...fields, kind, blockSize: null, hashBits: null, radiusBits: null, plan: null };
  const { blockSize, hashBits, radiusBits } = listed(job);
  const planned = { ...fields, blockSize, hashBits, radiusBits };
  return kind === "hash" ? { ...planned, kind, plan: null } : { ...planned, kind, plan: planOf(job) };
};

/** The order to group a complete job; stored once for each (job, run). */
export const finalizeMessage = ({ id, tenant, run, catalog, traceparent }: Job): Message => {
  const eventId = `${id}:finalize:${run}`;
  const at = new Date().toISOString();
  const envelope = { v: 1, eventId, tenant, job: id, run, attempt: 0, at, ...traced(traceparent) } as const;
  const body: Finalize = { ...envelope, type: "finalize", catalog };
  return { eventId, stream: STREAMS.finalize, subject: subjects.finalize(run, { tenant, job: id }), body };
};
