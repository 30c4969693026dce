import { randomUUID } from "node:crypto";
import type { Bus } from "@lookalike/shared/bus/connect";
import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { jobEvent } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { readMessage } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { ParkedMessage } from "@lookalike/shared/bus/unreadable";
import {
  failedInGrouping,
  type Job,
  missingTasks,
  quarantinedTasks,
  type RedrivenTask,
  type TaskRef,
} from "@lookalike/shared/domain/job/job";
import { DeadLetter, TaskKind } from "@lookalike/shared/domain/job/task";
import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { lastAttempt } from "@lookalike/shared/store/jobs/attempts";
import { hasActiveJob, jobOf, lockJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";
import { sendAttempt } from "../retry.ts";
import { JobRequest, refuseFor, requested } from "./jobs.ts";

const TASKS_PER_REQUEST = 1_000;

const RedriveRequest = z.union([
  JobRequest.extend({ kind: TaskKind.optional(), task: z.int().min(0).optional() }),
  z.object({ deadLetter: z.int().min(1).meta({ description: "Its sequence in LOOKALIKE_DEAD_LETTERS" }) }),
]);

/** Endpoints that send tasks again, and that group again. */
export const redriveEndpoints = (bus: Bus, db: Db): Endpoint[] => [
  endpoint({
    name: "redrive",
    about: "Do missing and quarantined tasks again, or a dead letter",
    request: RedriveRequest,
    handle: async (request) => {
      if ("deadLetter" in request) return redriveDeadLetter(bus, db, request.deadLetter);
      const { job, kind, task } = request;
      return redrive(db, job, (unit) => (kind ?? unit.kind) === unit.kind && (task ?? unit.task) === unit.task);
    },
  }),
  endpoint({
    name: "rerun-finalize",
    about:
      "Group a job again, as its next run: one that is completed or finalizing, or that failed while it was grouped",
    request: JobRequest,
    handle: ({ job: id }) =>
      db.transaction(async (tx) => {
        const job = jobOf(requested(await lockJob(tx, id), id));
        refuseFor(job, "rerun-finalize");
        const run = await addRedriven(tx, job, []);
        return { job: id, run };
      }),
  }),
];

/**
 * Sends missing tasks again as their next attempt. Quarantined comparisons and verifications leave quarantine by an
 * event of their job, which begins its next run where the job was completed.
 */
const redrive = (db: Db, id: string, isRequested: (task: TaskRef) => boolean) =>
  db.transaction(async (tx) => {
    const job = jobOf(requested(await lockJob(tx, id), id));
    refuseFor(job, "redrive");
    const missing = missingTasks(job).filter(isRequested);
    const quarantined = quarantinedTasks(job).filter(isRequested);
    const blocks = [...members(job.hash.quarantined, job.hash.count)];
    const sent = missing.slice(0, TASKS_PER_REQUEST);
    for (const task of sent) {
      const attempt = (await lastAttempt(tx, job.id, task.kind, task.task)) + 1;
      await sendAttempt(tx, job, task, attempt, "an operator's request");
    }
    const leaving = quarantined.slice(0, TASKS_PER_REQUEST - sent.length);
    const run = leaving.length > 0 ? await addRedriven(tx, job, leaving) : job.run;
    return {
      job: id,
      run,
      redriven: [...sent, ...leaving],
      left: missing.length + quarantined.length - sent.length - leaving.length,
      ...(blocks.length === 0
        ? {}
        : {
            quarantinedBlocks: blocks.slice(0, TASKS_PER_REQUEST),
            advice:
              "Other tasks were compared without these blocks: start a job of mode new, which hashes them and compares what was left out.",
          }),
    };
  });

/** @returns the run in which the tasks will be done */
const addRedriven = async (db: Db, job: Job, tasks: readonly RedrivenTask[]): Promise<number> => {
  const reopens = job.state === "completed" || failedInGrouping(job);
  const isNextRun = reopens || job.state === "finalizing";
  if (reopens && (await hasActiveJob(db, job.catalog)))
    throw new EndpointError(409, `Another job of catalog ${job.catalog} is not over. Wait for it, or cancel it.`);
  const catalog = await getCatalog(db, job.tenant, job.catalog);
  if (reopens && catalog?.hashFormat !== job.hashFormat)
    throw new EndpointError(
      409,
      `${job.id} compared hashes of the format ${job.hashFormat}, which its catalog no longer has. Start another job of its catalog.`,
    );
  const run = isNextRun ? job.run + 1 : job.run;
  const attempts = await Promise.all(
    tasks.map(async ({ kind, task }) => ({
      ...(kind === "compare" ? {} : { kind }),
      task,
      attempt: (await lastAttempt(db, job.id, kind, task)) + 1,
    })),
  );
  await addToOutbox(db, jobEvent({ ...job, run }, "job-redriven", randomUUID(), { tasks: attempts }));
  return run;
};

/** Streams whose messages may be sent again; a finalize order is written once, and `rerun-finalize` gives the next. */
const REPEATABLE: ReadonlySet<string> = new Set([STREAMS.tasks, STREAMS.events]);

const redriveDeadLetter = async (bus: Bus, db: Db, sequence: number) => {
  const stored = await readMessage(bus, STREAMS.deadLetters, sequence);
  if (stored === null) throw new EndpointError(404, `LOOKALIKE_DEAD_LETTERS has no message ${sequence}.`);
  const letter = DeadLetter.safeParse(stored.body);
  if (letter.success) {
    const { job, kind, task } = letter.data.task;
    return redrive(db, job, (unit) => unit.kind === kind && unit.task === task);
  }
  const { data } = ParkedMessage.safeParse(stored.body);
  if (data === undefined)
    throw new EndpointError(409, `Message ${sequence} of LOOKALIKE_DEAD_LETTERS is no dead letter of this version.`);
  const { stream, sequence: parked, subject } = data.parked;
  if (!REPEATABLE.has(stream))
    throw new EndpointError(409, `A message of ${stream} is not sent again: redrive or rerun-finalize its job.`);
  const message = await readMessage(bus, stream, parked);
  if (message === null) throw new EndpointError(404, `${stream} has no message ${parked} any more.`);
  const { data: body } = z.record(z.string(), z.unknown()).safeParse(message.body);
  if (body === undefined) throw new EndpointError(409, `Message ${parked} of ${stream} is no JSON object.`);
  // This version may be able to handle what the one that parked it was not.
  await publish(bus, { eventId: `redriven:${sequence}:${randomUUID()}`, stream, subject, body });
  return { redriven: subject };
};
