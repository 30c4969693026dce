import { setTimeout as sleep } from "node:timers/promises";
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import { PARTITIONS, partitionOf } from "../domain/job/partition.ts";
import { type Task, TaskClass, type TaskKind, WorkKind } from "../domain/job/task.ts";
import { EXIT, OperatorError } from "../runtime/errors.ts";
import type { Bus } from "./connect.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/**
 * A message whose process was killed is delivered again after this time. Whoever has it renews it all the while
 * (`HEARTBEAT_MS`), so that it says nothing about how long the work may take.
 */
export const ACK_WAIT_MS = 15 * SECOND;
/** A third of the wait, so that one that is lost or late does no harm. */
export const HEARTBEAT_MS = ACK_WAIT_MS / 3;
const GIB = 1024 ** 3;

type Addressed = Pick<Task, "tenant" | "job">;

/** The subject of each kind of message. Tokens have few values: never an image or a task number. */
export const subjects = {
  task: (kind: TaskKind, taskClass: TaskClass, { tenant, job }: Addressed): string =>
    `lookalike.task.${kind}.${taskClass}.${partitionOf(job)}.${tenant}.${job}`,
  event: (type: string, { tenant, job }: Addressed): string =>
    `lookalike.event.${partitionOf(job)}.${tenant}.${job}.${type}`,
  /** All events of a job, whatever its tenant. */
  eventsOf: (job: string): string => `lookalike.event.${partitionOf(job)}.*.${job}.>`,
  finalize: (run: number, { tenant, job }: Addressed): string =>
    `lookalike.finalize.${partitionOf(job)}.${tenant}.${job}.${run}`,
  dead: (kind: TaskKind, { tenant, job }: Addressed): string =>
    `lookalike.dead.${kind}.${partitionOf(job)}.${tenant}.${job}`,
} as const;

export const STREAMS = {
  tasks: "LOOKALIKE_TASKS",
  events: "LOOKALIKE_EVENTS",
  finalize: "LOOKALIKE_FINALIZE",
  deadLetters: "LOOKALIKE_DEAD_LETTERS",
  advisories: "LOOKALIKE_ADVISORIES",
} as const;

/** Deliveries of a task after which it becomes a dead letter. */
export const MAX_DELIVER = 5;
const advisory = (kind: string, stream: string) => `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${stream}.>`;

type StreamPlan = Partial<StreamConfig> & { name: string; subjects: string[]; max_bytes: number };

/**
 * All streams have limits retention, because WorkQueue streams still show deleted messages after a crash
 * on 2.9 (docs/decisions/0002). The small ones come first: the last ones take the room that is left (`addStream`).
 */
export const streamPlans = (replicas: number): StreamPlan[] =>
  [
    {
      name: STREAMS.finalize,
      subjects: ["lookalike.finalize.>"],
      max_age: nanos(365 * DAY),
      max_bytes: GIB / 4,
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      deny_delete: true,
      deny_purge: true,
    },
    { name: STREAMS.deadLetters, subjects: ["lookalike.dead.>"], max_age: nanos(30 * DAY), max_bytes: GIB / 4 },
    {
      name: STREAMS.advisories,
      subjects: [advisory("MAX_DELIVERIES", STREAMS.tasks), advisory("MSG_TERMINATED", STREAMS.tasks)],
      max_age: nanos(7 * DAY),
      max_bytes: GIB / 4,
    },
    {
      name: STREAMS.tasks,
      subjects: ["lookalike.task.>"],
      max_age: nanos(3 * DAY),
      max_bytes: 4 * GIB,
      deny_delete: true,
    },
    {
      name: STREAMS.events,
      subjects: ["lookalike.event.>"],
      max_age: nanos(30 * DAY),
      max_bytes: 16 * GIB,
      deny_delete: true,
    },
  ].map((plan) => ({
    discard: DiscardPolicy.Old,
    ...plan,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: nanos(10 * MINUTE),
    allow_direct: true,
  }));

type ConsumerPlan = Partial<ConsumerConfig> & { durable_name: string; filter_subject?: string };

const consumer = (durable_name: string, settings: Partial<ConsumerConfig>): ConsumerPlan => ({
  durable_name,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ...settings,
});

/** Without a backoff, because nats-server would add its steps to the delays that workers request. Decision 0028. */
const worker = (durable: string, filter: string): ConsumerPlan =>
  consumer(durable, {
    filter_subject: filter,
    ack_wait: nanos(ACK_WAIT_MS),
    backoff: [],
    max_deliver: MAX_DELIVER,
    max_ack_pending: 10_000,
  });

export const coordinatorDurables = Array.from(
  { length: PARTITIONS },
  (_, p) => `coordinator-${String(p).padStart(2, "0")}`,
);
/** The consumer that delivers the events of a job. */
export const coordinatorDurable = (job: string): string => `coordinator-${partitionOf(job)}`;
/** The consumer that delivers the tasks of a kind and class. */
export const durableOf = (kind: TaskKind, taskClass: TaskClass): string =>
  kind === "scan" ? "scan" : `${kind}-${taskClass}`;
/** The consumers of a kind of task, in order of priority. */
export const durablesOf = (kind: TaskKind): string[] => [
  ...new Set(TaskClass.options.map((taskClass) => durableOf(kind, taskClass))),
];

/** Every durable consumer, by stream. Those with max_deliver -1 retry for ever, because they must never drop a message. */
export const consumerPlans: Record<string, ConsumerPlan[]> = {
  [STREAMS.tasks]: [
    worker("scan", "lookalike.task.scan.>"),
    ...WorkKind.options.flatMap((kind) =>
      TaskClass.options.map((taskClass) => worker(durableOf(kind, taskClass), `lookalike.task.${kind}.${taskClass}.>`)),
    ),
  ],
  [STREAMS.events]: coordinatorDurables.map((durable) =>
    consumer(durable, {
      filter_subject: `lookalike.event.${durable.slice(-2)}.>`,
      ack_wait: nanos(ACK_WAIT_MS),
      max_deliver: -1,
      max_ack_pending: 1_000,
    }),
  ),
  [STREAMS.finalize]: [
    consumer("finalizer", { ack_wait: nanos(ACK_WAIT_MS), max_deliver: -1, max_ack_pending: 1_000 }),
  ],
  [STREAMS.deadLetters]: [
    consumer("dead-letter-router", { ack_wait: nanos(ACK_WAIT_MS), max_deliver: -1, max_ack_pending: 100 }),
  ],
  [STREAMS.advisories]: [
    consumer("advisory-router", { ack_wait: nanos(ACK_WAIT_MS), max_deliver: -1, max_ack_pending: 100 }),
  ],
};

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const INSUFFICIENT_STORAGE = 10047;

/** Who creates streams and consumers: the services; or others (NACK, an administrator), and the services check them. */
export type TopologyOwner = "services" | "others";

/** How missing streams are created: `create` creates those that are missing when it is called. */
export type CreateMissing = (create: () => Promise<void>) => Promise<void>;

/**
 * Creates what is missing and updates what the services rely on. Limits and replicas are set at
 * creation, and belong to the operator from then on (`nats stream edit`). It never calls `add` for what
 * exists, because on 2.9 that overwrites another version's settings.
 * @throws OperatorError when a stream or consumer has other subjects or another retention, or is missing
 * and others create them
 */
export const ensureTopology = async (
  { jsm }: Bus,
  replicas: number,
  owner: TopologyOwner = "services",
  createMissing: CreateMissing = (create) => create(),
): Promise<void> => {
  const infoOf = (name: string) => unlessMissing(jsm.streams.info(name), STREAM_NOT_FOUND);
  const missing: StreamPlan[] = [];
  for (const plan of streamPlans(replicas)) {
    const info = await infoOf(plan.name);
    if (info === null) {
      refuseMissing(plan.name, owner);
      missing.push(plan);
      continue;
    }
    refuseDrift(plan.name, info.config, plan, ["subjects", "retention", "storage", "max_msgs_per_subject"]);
    const { max_age: _age, max_bytes: _bytes, num_replicas: _replicas, ...relied } = plan;
    if (owner === "services" && differs(info.config, relied))
      await jsm.streams.update(plan.name, { ...info.config, ...relied });
    await ensureConsumers(jsm, plan, owner);
  }
  if (missing.length === 0) return;
  await createMissing(async () => {
    for (const plan of missing) {
      if ((await infoOf(plan.name)) === null) await addStream(jsm, plan);
      await ensureConsumers(jsm, plan, owner);
    }
  });
};

const ensureConsumers = async (jsm: JetStreamManager, { name }: StreamPlan, owner: TopologyOwner): Promise<void> => {
  for (const expected of consumerPlans[name] ?? []) {
    const found = await unlessMissing(jsm.consumers.info(name, expected.durable_name), CONSUMER_NOT_FOUND);
    if (found === null) {
      refuseMissing(`${name}/${expected.durable_name}`, owner);
      await jsm.consumers.add(name, expected);
      continue;
    }
    refuseDrift(`${name}/${expected.durable_name}`, found.config, expected, ["filter_subject", "ack_policy"]);
    // Where delivery began does not matter any more: an operator may rewind the projection.
    const { durable_name, filter_subject: _f, ack_policy: _a, deliver_policy: _d, ...settings } = expected;
    if (owner === "services" && differs(found.config, settings))
      await jsm.consumers.update(name, durable_name, settings);
  }
};

const POLL_MS = 100;

/**
 * Waits until these consumers exist, which a coordinator creates, or others.
 * @param onWait gets the first one that is missing, once
 * @throws OperatorError naming one that is still missing after `seconds`
 */
export const waitForConsumers = async (
  { jsm }: Bus,
  consumers: readonly (readonly [stream: string, durable: string])[],
  seconds: number,
  onWait: (missing: string) => void,
): Promise<void> => {
  const deadline = performance.now() + seconds * 1_000;
  let waits = false;
  for (const [stream, durable] of consumers)
    while ((await unlessMissing(jsm.consumers.info(stream, durable), STREAM_NOT_FOUND, CONSUMER_NOT_FOUND)) === null) {
      const missing = `${stream}/${durable}`;
      if (performance.now() >= deadline)
        throw new OperatorError(
          `${missing} is missing. Start a coordinator, which creates it, or apply deploy/nack.`,
          EXIT.unavailable,
        );
      if (!waits) onWait(missing);
      waits = true;
      await sleep(POLL_MS);
    }
};

const MIN_STREAM_BYTES = 32 * 1024 ** 2;
const SMALLER = 8;

/**
 * Creates a stream, or a smaller one where the server lacks the room: it reserves the limit of each
 * stream, up to three quarters of its disk.
 */
const addStream = async (jsm: JetStreamManager, plan: StreamPlan): Promise<void> => {
  for (let bytes = plan.max_bytes; bytes >= MIN_STREAM_BYTES; bytes /= SMALLER) {
    try {
      await jsm.streams.add({ ...plan, max_bytes: bytes });
      return;
    } catch (error) {
      if (!(error instanceof NatsError) || error.api_error?.err_code !== INSUFFICIENT_STORAGE) throw error;
    }
  }
  throw new OperatorError(
    `NATS_URL: JetStream has no room for ${plan.name}: Lookalike needs a gigabyte. Free some disk, or raise max_file_store in the server's configuration.`,
    EXIT.unavailable,
  );
};

const refuseMissing = (name: string, owner: TopologyOwner): void => {
  if (owner === "services") return;
  throw new OperatorError(
    `${name} is missing, and LOOKALIKE_TOPOLOGY=others says that others create it. Apply deploy/nack, or set LOOKALIKE_TOPOLOGY=services.`,
    EXIT.config,
  );
};

const differs = <Config extends object>(found: Config, expected: Partial<Config>): boolean =>
  Object.entries(expected).some(([key, value]) => !same((found as Record<string, unknown>)[key], value));

/** The server's report leaves out defaults, zeros and empty lists. */
const same = (found: unknown, expected: unknown): boolean =>
  JSON.stringify(found ?? null) === JSON.stringify(expected) ||
  (found === undefined && (!expected || (Array.isArray(expected) && expected.length === 0)));

const refuseDrift = <Config extends object>(
  name: string,
  found: Config,
  expected: Partial<Config>,
  keys: (keyof Config & string)[],
): void => {
  for (const key of keys) {
    if (expected[key] !== undefined && !same(found[key], expected[key])) {
      throw new OperatorError(
        `${name}: its ${key} is ${JSON.stringify(found[key])}, not ${JSON.stringify(expected[key])}, and it cannot be changed in place. Point NATS_URL at Lookalike's own server or account.`,
        EXIT.config,
      );
    }
  }
};

const unlessMissing = async <Info>(request: Promise<Info>, ...missingCodes: number[]): Promise<Info | null> => {
  try {
    return await request;
  } catch (error) {
    const code = error instanceof NatsError ? error.api_error?.err_code : undefined;
    if (code !== undefined && missingCodes.includes(code)) return null;
    throw error;
  }
};
