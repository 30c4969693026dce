import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { finalizeId, taskId } from "@lookalike/shared/domain/job/event-id";
import { classOf, type Job, listed, planOf } from "@lookalike/shared/domain/job/job";
import type { Message } from "@lookalike/shared/domain/job/message";
import type { Finalize, Task, TaskKind } from "@lookalike/shared/domain/job/task";

/** Task `task` of a job as a message for the workers: a few numbers, never a list of images. */
export const taskMessage = (job: Job, kind: TaskKind, task: number, attempt: number): Message => ({
  eventId: taskId(job.id, kind, task, attempt),
  stream: STREAMS.tasks,
  subject: subjects.task(kind, kind === "scan" ? "interactive" : classOf(job), { tenant: job.tenant, job: job.id }),
  body: taskOf(job, kind, task, attempt),
});

const taskOf = (job: Job, kind: TaskKind, task: number, attempt: number): Task => {
  const fields = {
    v: 1,
    tenant: job.tenant,
    job: job.id,
    run: job.run,
    attempt,
    ...tracedBy(job),
    catalog: job.catalog,
    task,
  } as const;
  if (kind === "scan") return { ...fields, kind, blockSize: null, hashBits: null, radiusBits: null, plan: null };
  const { blockSize, hashBits, radiusBits } = listed(job);
  return kind === "hash"
    ? { ...fields, kind, blockSize, hashBits, radiusBits, plan: null }
    : { ...fields, kind, blockSize, hashBits, radiusBits, plan: planOf(job) };
};

const tracedBy = ({ traceparent }: Job) => (traceparent === null ? {} : { traceparent });

/** The order to group a complete job; stored once for each (job, run). */
export const finalizeMessage = (job: Job): Message => {
  const eventId = finalizeId(job.id, job.run);
  const body: Finalize = {
    v: 1,
    type: "finalize",
    eventId,
    tenant: job.tenant,
    job: job.id,
    run: job.run,
    attempt: 0,
    ...tracedBy(job),
    at: new Date().toISOString(),
    catalog: job.catalog,
  };
  return {
    eventId,
    stream: STREAMS.finalize,
    subject: subjects.finalize(job.run, { tenant: job.tenant, job: job.id }),
    body,
  };
};
