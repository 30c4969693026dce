import type { Bus } from "@lookalike/shared/bus/connect";
import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { JOB_COMMANDS, type JobCommand, jobCommand } from "@lookalike/shared/bus/messages";
import { consumerBacklog } from "@lookalike/shared/bus/read";
import { ACTIVE, type Job, JobState, workOf } from "@lookalike/shared/domain/job/job";
import { type OperatorRequest, refusalOf } from "@lookalike/shared/domain/job/operator-request";
import { partitionOf } from "@lookalike/shared/domain/job/partition";
import { progressOf } from "@lookalike/shared/domain/job/progress";
import { perKind, TaskKind } from "@lookalike/shared/domain/job/task";
import { outstanding, settled, type Work } from "@lookalike/shared/domain/job/work";
import { type DoneSet, members, missing } from "@lookalike/shared/domain/primitives/bit-set";
import { listAttempts } from "@lookalike/shared/store/jobs/attempts";
import {
  countJobs,
  findJob,
  type JobRow,
  jobOf,
  listAllJobs,
  lockJob,
  longestSilence,
  publishedOf,
} from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox, outboxBacklog } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";

const JOBS_LISTED = 200;
const UNITS_LISTED = 100;

export const JobRequest = z.object({ job: z.string().meta({ description: "Id of the job" }) });

/** The job of a request. @throws EndpointError 404 */
export const requested = (row: JobRow | null, id: string): JobRow => {
  if (row !== null) return row;
  throw new EndpointError(
    404,
    `${id}: no such job. The endpoint jobs lists them; replay can bring one back from the log.`,
  );
};

/** @throws EndpointError that says what to do instead */
export const refuseFor = (job: Job, request: OperatorRequest): void => {
  const refusal = refusalOf(job, request);
  if (refusal !== null) throw new EndpointError(409, `${job.id} is ${job.state}. ${refusal.advice}`);
};

/** Endpoints that show jobs, and that pause, resume or cancel one. */
export const jobEndpoints = (db: Db): Endpoint[] => [
  endpoint({
    name: "jobs",
    about: "Jobs, newest first: active ones, of one state, or all",
    request: z.object({
      state: z.enum([...JobState.options, "active", "all"]).default("active"),
      limit: z.int().min(1).max(JOBS_LISTED).default(JOBS_LISTED),
    }),
    handle: async ({ state, limit }) => {
      const states = state === "active" ? ACTIVE : state === "all" ? null : [state];
      return { jobs: (await listAllJobs(db, states, limit)).map(summary) };
    },
  }),
  endpoint({
    name: "job",
    about: "One job: its plan, its window, what failed and why",
    request: JobRequest,
    handle: async ({ job: id }) => {
      const row = requested(await findJob(db, id), id);
      return { ...summary(row), ...details(row), attempts: await listAttempts(db, id, UNITS_LISTED) };
    },
  }),
  ...JOB_COMMANDS.map((command) =>
    endpoint({
      name: command,
      about: `Request to ${command} a job, as its owner may`,
      request: JobRequest,
      handle: ({ job: id }) => db.transaction((tx) => sendCommand(tx, id, command)),
    }),
  ),
];

const sendCommand = async (db: Db, id: string, command: JobCommand) => {
  const row = requested(await lockJob(db, id), id);
  refuseFor(jobOf(row), command);
  const event = jobCommand(command, row);
  await addToOutbox(db, event);
  return { job: id, command, event: event.eventId };
};

/** The state of all jobs and queues; every coordinator reports the same. */
export const overview = async (bus: Bus, db: Db): Promise<Record<string, unknown>> => ({
  jobs: await countJobs(db),
  outbox: await outboxBacklog(db),
  longestSilenceSeconds: await longestSilence(db),
  backlog: Object.fromEntries(
    await Promise.all(TaskKind.options.map(async (kind) => [kind, await consumerBacklog(bus, kind)] as const)),
  ),
});

const summary = (row: JobRow) => ({
  job: row.id,
  tenant: row.tenant,
  /** The partition in the job's subjects. */
  partition: partitionOf(row.id),
  catalog: row.catalogId,
  mode: row.mode,
  state: row.state,
  paused: row.paused,
  run: row.run,
  phase: row.phase,
  images: { total: row.totalImages, hashed: row.completedImages, failed: row.failedImages },
  tasks: { total: row.totalTasks, completed: row.completedTasks, quarantined: row.quarantinedTasks },
  verifyTasks: { total: row.totalVerifyTasks, completed: row.completedVerifyTasks },
  acceptedAt: row.acceptedAt,
  updatedAt: row.updatedAt,
  finishedAt: row.finishedAt,
});

const details = (row: JobRow) => {
  const job = jobOf(row);
  return {
    options: row.options,
    kernelReason: row.kernelReason,
    failure: row.failure,
    base: job.listing?.base ?? null,
    blockSize: row.blockSize,
    hashBits: row.hashBits,
    thresholdBits: row.thresholdBits,
    index: job.listing?.index ?? null,
    rate: row.rate,
    progress: progressOf(job),
    ...perKind((kind) => unitsOf(workOf(job, kind), job[kind].quarantined, publishedOf(row)[kind])),
  };
};

/** How far the work is: missing tasks are dispatched and have no result. At most a hundred of each are listed. */
const unitsOf = (work: Work, quarantined: DoneSet, published: number) => ({
  count: work.count,
  cursor: work.cursor,
  published,
  outstanding: outstanding(work),
  missing: [...missing(settled(work), 0, work.cursor)].slice(0, UNITS_LISTED),
  quarantined: [...members(quarantined, work.count)].slice(0, UNITS_LISTED),
});
