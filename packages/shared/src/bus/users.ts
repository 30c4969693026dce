import { nkeys } from "nats";
import type { JobEventType } from "../domain/job/events.ts";
import type { TaskKind } from "../domain/job/task.ts";
import { SERVICE_NAMES, type ServiceName } from "../runtime/config.ts";
import { coordinatorDurables, durablesOf, STREAMS } from "./topology.ts";

/** Who connects to NATS, each as a user of its own: the services, and people with the nats CLI. */
export const BUS_USERS = [...SERVICE_NAMES, "operator"] as const;
export type BusUser = (typeof BUS_USERS)[number];

/** Subjects that a user may publish and subscribe to; every other one is refused. */
interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * Replies to a service arrive under this prefix, which no other user may subscribe to. Replies to operators arrive
 * under the nats CLI's own.
 */
export const inboxPrefix = (service: ServiceName): string => `_INBOX_${service}`;
const OPERATORS_INBOX = "_INBOX";

/** The consumers that each service reads: the only part of a stream's content that reaches it. */
export const consumersOf: Readonly<Record<ServiceName, readonly (readonly [stream: string, durable: string])[]>> = {
  coordinator: [
    ...coordinatorDurables.map((durable) => [STREAMS.events, durable] as const),
    [STREAMS.deadLetters, "dead-letter-router"],
    [STREAMS.advisories, "advisory-router"],
  ],
  hasher: [...durablesOf("scan"), ...durablesOf("hash"), ...durablesOf("verify")].map(
    (durable) => [STREAMS.tasks, durable] as const,
  ),
  comparer: [
    ...durablesOf("compare").map((durable) => [STREAMS.tasks, durable] as const),
    [STREAMS.finalize, "finalizer"],
  ],
  api: [],
};

/** Who publishes each event. What others add to the outbox is published by the coordinator's relay. */
const PUBLISHERS: Readonly<Record<JobEventType, ServiceName>> = {
  "job-accepted": "coordinator",
  "images-listed": "hasher",
  "images-moved": "hasher",
  "images-vanished": "hasher",
  "files-unlisted": "hasher",
  "listing-done": "hasher",
  "listing-failed": "hasher",
  "block-evidence": "hasher",
  "hash-done": "hasher",
  "pair-batch-done": "comparer",
  "verify-done": "hasher",
  "task-quarantined": "coordinator",
  "job-redriven": "coordinator",
  "job-paused": "coordinator",
  "job-resumed": "coordinator",
  "job-cancelled": "coordinator",
  "shadow-compared": "coordinator",
  "job-finalized": "coordinator",
  "grouping-failed": "coordinator",
};

const eventsOf = (service: ServiceName): string[] =>
  Object.entries(PUBLISHERS).flatMap(([type, publisher]) =>
    publisher === service ? [`lookalike.event.*.*.*.${type}`] : [],
  );

/** Dead letters about what a service reads: tasks that it gives up, and messages that it can't read. */
const deadLettersOf = (service: ServiceName, kinds: readonly TaskKind[]): string[] => [
  ...kinds.map((kind) => `lookalike.dead.${kind}.>`),
  ...new Set(consumersOf[service].map(([stream]) => `lookalike.dead.parked.${stream}`)),
];

/** Subjects that a service publishes messages to. */
const published: Readonly<Record<ServiceName, readonly string[]>> = {
  // A message that no version could read is sent again from the dead letters, as it was.
  coordinator: ["lookalike.task.>", "lookalike.event.>", "lookalike.finalize.>", "lookalike.dead.>"],
  hasher: [...eventsOf("hasher"), "lookalike.progress.>", ...deadLettersOf("hasher", ["scan", "hash", "verify"])],
  comparer: [...eventsOf("comparer"), ...deadLettersOf("comparer", ["compare"])],
  // What it has to say goes through the outbox.
  api: [],
};

/** Acknowledgements, with exact numbers of tokens: those of nats-server before 2.15, and since (ADR-15). */
const acknowledgements = (stream: string, durable: string): string[] =>
  [`${stream}.${durable}`, `*.*.${stream}.${durable}`, `*.*.${stream}.${durable}.*`].map(
    (consumer) => `$JS.ACK.${consumer}.*.*.*.*.*`,
  );

const reading = (stream: string, durable: string): string[] => [
  `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
  ...acknowledgements(stream, durable),
];

/** The coordinator creates streams and consumers, looks at them, and reads the log again (`readStream`). */
const managing: readonly string[] = [
  ...Object.values(STREAMS).flatMap((stream) => [
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.UPDATE.${stream}`,
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
  ]),
  `$JS.API.CONSUMER.CREATE.${STREAMS.events}`,
  `$JS.API.CONSUMER.DELETE.${STREAMS.events}.*`,
  ...reading(STREAMS.events, "*"),
];

/** Subjects of a service's endpoints, and of the discovery that `nats micro` uses (ADR-32). */
const served = (service: ServiceName): string[] => [
  `lookalike.svc.${service}.*`,
  ...["PING", "INFO", "STATS"].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.lookalike-${service}`,
    `$SRV.${verb}.lookalike-${service}.*`,
  ]),
];

/** What each user may do, from the consumers, streams and subjects of the topology. Decision 0067. */
export const permissionsOf = (user: BusUser): Permissions => {
  if (user === "operator")
    return {
      // Streams and consumers are the operator's; what is in them is the services'.
      publish: ["lookalike.svc.>", "$SRV.>", "$JS.API.>", "$JS.ACK.>", "$JS.SNAPSHOT.>", "$SYS.REQ.USER.INFO"],
      subscribe: [`${OPERATORS_INBOX}.>`, "lookalike.>", "$JS.EVENT.>"],
    };
  return {
    publish: [
      "$JS.API.INFO",
      ...published[user],
      ...consumersOf[user].flatMap(([stream, durable]) => reading(stream, durable)),
      ...(user === "coordinator" ? managing : []),
      `${OPERATORS_INBOX}.>`,
    ],
    subscribe: [`${inboxPrefix(user)}.>`, ...served(user), ...(user === "coordinator" ? ["lookalike.progress.>"] : [])],
  };
};

/**
 * The users as nats-server's configuration has them.
 * @param publicKey the nkey of a user, whose seed only that user has
 */
export const userSettings = (publicKey: (user: BusUser) => string) =>
  BUS_USERS.map((user) => ({ nkey: publicKey(user), permissions: permissionsOf(user) }));

/** A new secret of a user, as `NATS_NKEY` names a file of. */
export const createNkeySeed = (): string => Buffer.from(nkeys.createUser().getSeed()).toString("ascii");

/** The public key of a secret. */
export const nkeyOf = (seed: string): string => nkeys.fromSeed(Buffer.from(seed, "ascii")).getPublicKey();
