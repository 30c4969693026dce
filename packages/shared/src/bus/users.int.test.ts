import { readFile } from "node:fs/promises";
import { connect, nkeyAuthenticator } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBusWithStreams, type TestBus } from "../../../../test/support/bus.ts";
import { until } from "../../../../test/support/until.ts";
import { JobEvent } from "../domain/job/events.ts";
import { TaskClass, TaskKind } from "../domain/job/task.ts";
import { SERVICE_NAMES } from "../runtime/config.ts";
import { connectBus } from "./connect.ts";
import { publish } from "./publish.ts";
import { consumerPlans, STREAMS, subjects } from "./topology.ts";
import { BUS_USERS, type BusUser, consumersOf, createNkeySeed, inboxPrefix } from "./users.ts";

let started: TestBus;
beforeAll(async () => {
  started = await startBusWithStreams();
});
afterAll(() => started.stop());

const JOB = { tenant: "acme", job: "job-1" };
const EVENTS = JobEvent.options.map(({ shape }) => shape.type.value);
const API_OF_STREAMS = ["CREATE", "UPDATE", "INFO", "DELETE", "PURGE", "SNAPSHOT", "RESTORE", "MSG.GET", "MSG.DELETE"];
const API_OF_CONSUMERS = ["INFO", "MSG.NEXT", "DELETE", "PAUSE", "DURABLE.CREATE"];
const consumers = Object.entries(consumerPlans).flatMap(([stream, plans]) =>
  plans.map((plan) => [stream, plan.durable_name] as const),
);

/** Every kind of message, every request about every stream and consumer, every service's endpoints and replies. */
const PUBLISHED = [
  ...TaskKind.options.flatMap((kind) => TaskClass.options.map((taskClass) => subjects.task(kind, taskClass, JOB))),
  ...EVENTS.map((type) => subjects.event(type, JOB)),
  subjects.event("of-tomorrow", JOB),
  subjects.finalize(1, JOB),
  ...TaskKind.options.map((kind) => subjects.dead(kind, JOB)),
  ...Object.values(STREAMS).map((stream) => `lookalike.dead.parked.${stream}`),
  "lookalike.progress.00.acme.job-1",
  "lookalike.anything",
  "anything",
  ...SERVICE_NAMES.flatMap((service) => [`lookalike.svc.${service}.drain`, `$SRV.PING.lookalike-${service}`]),
  ...[...SERVICE_NAMES.map(inboxPrefix), "_INBOX"].map((prefix) => `${prefix}.reply`),
  "$JS.API.INFO",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.ACCOUNT.PURGE.G",
  "$JS.FC.LOOKALIKE_EVENTS.x.y",
  "$SYS.REQ.SERVER.PING",
  ...Object.values(STREAMS).flatMap((stream) => [
    ...API_OF_STREAMS.map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.CONSUMER.LIST.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.own`,
  ]),
  "$JS.API.STREAM.CREATE.OTHER",
  ...consumers.flatMap(([stream, durable]) => [
    ...API_OF_CONSUMERS.map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`),
    `$JS.ACK.${stream}.${durable}.1.2.3.4.5`,
    `$JS.ACK._.hash.${stream}.${durable}.1.2.3.4.5`,
    `$JS.ACK._.hash.${stream}.${durable}.1.2.3.4.5.token`,
  ]),
];

const endpointsOf = (service: string) => [
  `lookalike.svc.${service}.status`,
  `$SRV.INFO.lookalike-${service}`,
  `$SRV.STATS.lookalike-${service}.id`,
];

const SUBSCRIBED = [
  ">",
  "*.>",
  "lookalike.>",
  ...["task", "event", "finalize", "dead", "progress", "svc"].map((kind) => `lookalike.${kind}.>`),
  "$JS.>",
  "$JS.API.>",
  "$JS.ACK.>",
  "$JS.EVENT.>",
  "$SYS.>",
  "$SRV.>",
  ...SERVICE_NAMES.flatMap(endpointsOf),
  "$SRV.PING",
  "$SRV.INFO",
  "$SRV.STATS",
  ...[...SERVICE_NAMES.map(inboxPrefix), "_INBOX"].map((prefix) => `${prefix}.>`),
  "_INBOX*.>",
];

interface Allowed {
  readonly publish: readonly RegExp[];
  readonly subscribe: readonly string[];
}

const ofConsumers = (stream: string, durable: string): RegExp[] => [
  new RegExp(`^\\$JS\\.API\\.CONSUMER\\.(INFO|MSG\\.NEXT)\\.${stream}\\.${durable}$`),
  new RegExp(`^\\$JS\\.ACK\\.(_\\.hash\\.)?${stream}\\.${durable}\\.`),
];
const ofService = (service: string) => [
  ...endpointsOf(service),
  "$SRV.PING",
  "$SRV.INFO",
  "$SRV.STATS",
  `_INBOX_${service}.>`,
];
const ANY_SERVICE = [/^\$JS\.API\.INFO$/, /^_INBOX\.reply$/];

/** What each user may do, written once more: by what it is for. */
const ALLOWED: Record<BusUser, Allowed> = {
  hasher: {
    publish: [
      ...ANY_SERVICE,
      /^lookalike\.event\..*\.(images-listed|images-moved|images-vanished|files-unlisted|listing-done|listing-failed|block-evidence|hash-done|verify-done)$/,
      /^lookalike\.progress\./,
      /^lookalike\.dead\.(scan|hash|verify|parked\.LOOKALIKE_TASKS$)/,
      ...ofConsumers("LOOKALIKE_TASKS", "(scan|hash-interactive|hash-bulk|verify-interactive|verify-bulk)"),
    ],
    subscribe: ofService("hasher"),
  },
  comparer: {
    publish: [
      ...ANY_SERVICE,
      /^lookalike\.event\..*\.pair-batch-done$/,
      /^lookalike\.dead\.(compare|parked\.LOOKALIKE_(TASKS|FINALIZE)$)/,
      ...ofConsumers("LOOKALIKE_TASKS", "(compare-interactive|compare-bulk)"),
      ...ofConsumers("LOOKALIKE_FINALIZE", "finalizer"),
    ],
    subscribe: ofService("comparer"),
  },
  api: { publish: ANY_SERVICE, subscribe: ofService("api") },
  coordinator: {
    publish: [
      ...ANY_SERVICE,
      /^lookalike\.(task|event|finalize|dead)\./,
      /^\$JS\.API\.STREAM\.(CREATE|UPDATE|INFO|MSG\.GET)\.LOOKALIKE_/,
      /^\$JS\.API\.CONSUMER\.(INFO|CREATE)\.LOOKALIKE_\w+\.[\w-]+$/,
      /^\$JS\.API\.CONSUMER\.(CREATE\.LOOKALIKE_EVENTS$|DELETE\.LOOKALIKE_EVENTS\.)/,
      ...ofConsumers("LOOKALIKE_EVENTS", "[\\w-]+"),
      ...ofConsumers("LOOKALIKE_DEAD_LETTERS", "dead-letter-router"),
      ...ofConsumers("LOOKALIKE_ADVISORIES", "advisory-router"),
    ],
    subscribe: [...ofService("coordinator"), "lookalike.progress.>"],
  },
  operator: {
    publish: [/^\$JS\.API\./, /^\$JS\.ACK\./, /^\$SRV\./, /^lookalike\.svc\./],
    subscribe: [...SUBSCRIBED.filter((subject) => subject.startsWith("lookalike.")), "$JS.EVENT.>", "_INBOX.>"],
  },
};

const seedOf = async (user: BusUser): Promise<Buffer> =>
  Buffer.from((await readFile(started.server.nkeyFile(user), "utf8")).trim());

/** What the server lets this user publish and subscribe to, of all that is above. */
const tryEverything = async (user: BusUser) => {
  const connection = await connect({
    servers: started.server.url,
    authenticator: nkeyAuthenticator(await seedOf(user)),
    inboxPrefix: "_INBOX",
  });
  const refused = new Set<string>();
  void (async () => {
    for await (const { permissionContext } of connection.status())
      if (permissionContext !== undefined) refused.add(`${permissionContext.operation} ${permissionContext.subject}`);
  })();
  // Not JSON, so that no request that is let through changes anything.
  for (const subject of PUBLISHED) connection.publish(subject, "{");
  for (const subject of SUBSCRIBED) connection.subscribe(subject, { callback: () => undefined });
  // Refused to everybody, after all the others.
  connection.publish("last", "");
  await until(async () => refused.has("publish last"));
  await connection.close();
  return {
    publish: PUBLISHED.filter((subject) => !refused.has(`publish ${subject}`)),
    subscribe: SUBSCRIBED.filter((subject) => !refused.has(`subscription ${subject}`)),
  };
};

describe("on NATS", () => {
  it.each(BUS_USERS)("the %s is refused everything that it does not need", async (user) => {
    const { publish, subscribe } = ALLOWED[user];
    expect(await tryEverything(user)).toEqual({
      publish: PUBLISHED.filter((subject) => publish.some((pattern) => pattern.test(subject))),
      subscribe: SUBSCRIBED.filter((subject) => subscribe.includes(subject)),
    });
  });

  it("an outsider is not let in: without credentials, and with those of nobody", async () => {
    const { url } = started.server;
    await expect(connectBus(url, "outsider", () => undefined)).rejects.toThrow(/does not let this user in/);
    const stranger = nkeyAuthenticator(Buffer.from(createNkeySeed()));
    await expect(connect({ servers: url, authenticator: stranger })).rejects.toMatchObject({
      code: "AUTHORIZATION_VIOLATION",
    });
    await expect(connect({ servers: url, token: "guess" })).rejects.toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it("every consumer is read by one service", () => {
    const read = SERVICE_NAMES.flatMap((service) => consumersOf[service].map((consumer) => consumer.join("/")));
    expect(read.toSorted()).toEqual(consumers.map((consumer) => consumer.join("/")).toSorted());
  });

  it("a refused message is reported, and not sent again", async () => {
    const refused: string[] = [];
    const bus = await connectBus(started.server.url, "hasher", () => undefined, {
      NATS_NKEY: started.server.nkeyFile("hasher"),
      inboxPrefix: inboxPrefix("hasher"),
      onRefused: (operation, subject) => refused.push(`${operation} ${subject}`),
    });
    const subject = subjects.finalize(1, JOB);
    const message = { eventId: "forged", stream: STREAMS.finalize, subject, body: {} };
    await expect(publish(bus, message)).rejects.toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(refused).toEqual([`publish ${subject}`]);
    await bus.connection.close();
  });
});
