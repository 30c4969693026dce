import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readStream } from "@lookalike/shared/bus/read";
import { consumerPlans, STREAMS } from "@lookalike/shared/bus/topology";
import { isOver } from "@lookalike/shared/domain/job/job";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { requestEndpoint } from "../support/request.ts";
import { type Kind as KindOn, pick, type Scene as SceneOn, somewhere } from "./kind.ts";
import type { LocalStage } from "./local-stage.ts";
import { persist, type Stage } from "./stage.ts";

type Scene = SceneOn<LocalStage>;
type Kind = KindOn<LocalStage>;

/** Longer than every wait for an acknowledgement, and than an idle transaction may last. */
const FROZEN_MS = 75_000;

const LOST_ORDER = /^(?:log: |finalize: 0 orders)/;

const kill =
  (name: ServiceName, times: number): Kind["disturb"] =>
  async (scene) => {
    for (let time = 0; time < times; time += 1) {
      await somewhere(scene);
      for (const instance of scene.stage.of(name)) if (time > 0 || scene.random() < 0.7) instance.kill();
    }
  };

const freeze =
  (name: ServiceName): Kind["disturb"] =>
  async (scene) => {
    await somewhere(scene);
    const instance = pick(scene.stage.of(name), scene.random);
    instance.freeze();
    await sleep(FROZEN_MS);
    instance.unfreeze();
  };

/** What is done at a message that one of the service's processes sends: then the process is killed. */
const killAt =
  (name: ServiceName, server: "nats" | "postgres", text: string, forwards: boolean, maxSkip = 0): Kind["disturb"] =>
  async ({ stage, job, random }) => {
    const instances = stage.of(name);
    const skip = Math.floor(random() * (maxSkip + 1));
    const sprung = instances.map((instance) =>
      instance[server].trap({ text, skip, forwards }).then(() => {
        instance.kill();
        instance[server].cut();
      }),
    );
    // Where the other one had the moment, this one's may never come.
    await Promise.race([Promise.all(sprung), stage.until(job, isOver, 240)]);
    for (const instance of instances) instance[server].cut();
  };

/** Holds every finalizer inside its transaction while something happens: it waits for a lock that a test has. */
const whileFinalizing =
  (happens: (scene: Scene) => Promise<void>): Kind["disturb"] =>
  async (scene) => {
    const { stage, job } = scene;
    const client = await stage.store.pool.connect();
    try {
      await client.query("begin");
      // Else the server ends this transaction, as it does a service's.
      await client.query("set local idle_in_transaction_session_timeout = 0");
      await client.query("lock table finalization in exclusive mode");
      await stage.until(job, ({ state }) => state === "finalizing", 120);
      await persist(async () => {
        const { rows } = await client.query(
          "select 1 from pg_locks where relation = 'finalization'::regclass and not granted",
        );
        if (rows.length === 0) throw new Error("nobody finalizes");
      });
      await happens(scene);
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

const loseStreams = async ({ bus }: Stage, names: readonly string[]): Promise<void> => {
  for (const name of names) await bus.jsm.streams.delete(name).catch(() => undefined);
};

const loseSome = async ({ stage, random }: Scene): Promise<void> => {
  const names = Object.values(STREAMS).filter(() => random() < 0.5);
  await loseStreams(stage, names.length > 0 ? names : [STREAMS.tasks]);
};

const away =
  (server: "nats" | "postgres", most: number): Kind["disturb"] =>
  async (scene) => {
    await somewhere(scene);
    const taps = scene.stage.instances.map((instance) => instance[server]);
    for (const tap of taps) tap.close();
    await sleep(2_000 + scene.random() * most);
    for (const tap of taps) tap.open();
  };

const command = (stage: Stage, job: string, verb: string): Promise<void> =>
  persist(async () => {
    const response = await stage.request(`/v1/jobs/${job}/${verb}`, "POST");
    await response.text();
    if (response.status !== 202 && response.status !== 409) throw new Error(`${verb}: ${response.status}`);
  });

/** Publishes again what the streams have of the job, as copies with no id. */
const duplicate = async ({ stage: { bus }, job, random }: Scene): Promise<void> => {
  for (const stream of [STREAMS.tasks, STREAMS.events, STREAMS.finalize])
    for await (const { subject, body } of readStream(bus, stream, "lookalike.>"))
      if (subject.includes(job) && random() < 0.5)
        // A write-once subject refuses it.
        await bus.js.publish(subject, JSON.stringify(body)).catch(() => undefined);
};

const GARBAGE = ["", "no JSON", "[]", "{}", '{"v":1}', "[".repeat(10_000), "\u0000\uffff"];

const throwGarbage = async ({ stage: { bus }, job, random }: Scene): Promise<void> => {
  const partitions = [".13.acme.", ".00.default."];
  const subjects = [
    "task.scan.interactive",
    "task.hash.interactive",
    "task.hash.bulk",
    "task.compare.interactive",
    "event",
    "dead.hash",
  ].flatMap((start) =>
    partitions.map((middle) => `lookalike.${start}${middle}${start === "event" ? `${job}.hash-done` : job}`),
  );
  for (const [at, subject] of [...subjects, `lookalike.finalize.00.acme.g${job}.1`].entries())
    await bus.js.publish(subject, GARBAGE[Math.floor(random() * GARBAGE.length + at) % GARBAGE.length] ?? "");
};

/** Rows of the job are deleted after its end, and an operator has it rebuilt from the log. */
const loseTables = async ({ stage, job }: Scene): Promise<void> => {
  await stage.until(job, isOver, 120);
  const { pool } = stage.store;
  const { rows } = await pool.query<{ catalog: string }>("select catalog_id as catalog from job where id = $1", [job]);
  await pool.query("delete from hash_block where catalog_id = $1", [rows[0]?.catalog]);
  await pool.query("delete from compare_result where job_id = $1", [job]);
  const reply = await persist(() => requestEndpoint(stage.bus, "coordinator.replay", { job, apply: true }));
  if (reply.code !== 200) throw new Error(`replay: ${JSON.stringify(reply.body)}`);
};

/**
 * Every kind of fault. Moments inside a service are found by what it sends (see `tap.ts`) and by locks that it waits for:
 * production code has no hook for it.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  "kill-coordinators": { disturb: kill("coordinator", 3) },
  "kill-hashers": { disturb: kill("hasher", 2) },
  "kill-comparers": { disturb: kill("comparer", 2) },
  "kill-apis": { disturb: kill("api", 3) },
  "kill-all": {
    async disturb(scene) {
      await somewhere(scene);
      for (const instance of scene.stage.instances) instance.kill();
    },
  },
  "freeze-coordinator": { disturb: freeze("coordinator") },
  "freeze-hasher": { disturb: freeze("hasher") },
  "freeze-comparer": { disturb: freeze("comparer") },
  "nats-killed": {
    async disturb(scene) {
      await somewhere(scene);
      process.kill(scene.stage.servers.nats.pid, "SIGKILL");
    },
  },
  "nats-store-lost": {
    excuses: LOST_ORDER,
    async disturb(scene) {
      await somewhere(scene);
      const { nats, folder } = scene.stage.servers;
      process.kill(nats.pid, "SIGKILL");
      await rm(join(folder, "data", "nats", "jetstream"), { recursive: true, force: true });
    },
  },
  "postgres-killed": {
    async disturb(scene) {
      await somewhere(scene);
      process.kill(scene.stage.servers.postgres.pid, "SIGKILL");
    },
  },
  "postgres-stopped": {
    async disturb(scene) {
      await somewhere(scene);
      // An immediate shutdown ends every session in the middle of its transaction.
      process.kill(scene.stage.servers.postgres.pid, "SIGQUIT");
    },
  },
  "postgres-away": { disturb: away("postgres", 20_000) },
  "nats-away": { disturb: away("nats", 20_000) },
  "tables-lost": { disturb: loseTables },
  "streams-lost": {
    excuses: LOST_ORDER,
    async disturb(scene) {
      for (let time = 0; time < 3; time += 1) {
        await somewhere(scene);
        await loseSome(scene);
        await sleep(scene.random() * 3_000);
      }
    },
  },
  "streams-lost-again": {
    excuses: LOST_ORDER,
    async disturb({ stage, random }) {
      // Coordinators find them missing at different times: what one creates may be lost again while another one waits.
      for (let time = 0; time < 5; time += 1) {
        await loseStreams(stage, Object.values(STREAMS));
        await persist(() => stage.bus.jsm.streams.info(STREAMS.advisories));
        await sleep(random() * 1_500);
      }
    },
  },
  "streams-lost-at-once": {
    excuses: LOST_ORDER,
    async disturb(scene) {
      // While it is accepted or listed.
      await sleep(scene.random() * 150);
      await loseStreams(scene.stage, Object.values(STREAMS));
    },
  },
  "streams-lost-while-finalizing": {
    excuses: LOST_ORDER,
    disturb: whileFinalizing(async ({ stage, random }) => {
      await loseStreams(stage, random() < 0.5 ? [STREAMS.finalize] : Object.values(STREAMS));
      if (random() < 0.5) for (const instance of stage.of("comparer")) instance.kill();
    }),
  },
  "consumers-lost": {
    async disturb(scene) {
      for (let time = 0; time < 2; time += 1) {
        await somewhere(scene);
        for (const [stream, consumers] of Object.entries(consumerPlans))
          for (const { durable_name } of consumers)
            if (scene.random() < 0.5)
              await scene.stage.bus.jsm.consumers.delete(stream, durable_name).catch(() => undefined);
      }
    },
  },
  duplicates: {
    async disturb(scene) {
      for (let time = 0; time < 3; time += 1) {
        await somewhere(scene);
        await duplicate(scene);
      }
    },
  },
  garbage: {
    parks: true,
    async disturb(scene) {
      await somewhere(scene);
      await throwGarbage(scene);
    },
  },
  "api-storm": {
    async disturb(scene) {
      const { stage, job, random } = scene;
      const requests = Array.from({ length: 20 }, async () => {
        for (let time = 0; time < 10; time += 1)
          await stage
            .request("/v1/catalogs")
            .then((response) => response.text())
            .catch(() => undefined);
      });
      for (let time = 0; time < 15; time += 1) {
        if (random() < 0.1) pick(stage.of("api"), random).kill();
        await command(stage, job, random() < 0.5 ? "pause" : "resume");
      }
      await Promise.all(requests);
      await command(stage, job, "pause");
      await command(stage, job, "resume");
    },
  },
  "after-commit-before-ack": { disturb: killAt("coordinator", "nats", "$JS.ACK.LOOKALIKE_EVENTS", false, 20) },
  "after-publish-before-mark": { disturb: killAt("coordinator", "nats", "HPUB lookalike.finalize.", true) },
  "between-outbox-and-publish": { disturb: killAt("coordinator", "nats", "HPUB lookalike.finalize.", false) },
  "tasks-published-not-marked": { disturb: killAt("coordinator", "nats", "HPUB lookalike.task.compare.", true, 10) },
  "result-before-ack": { disturb: killAt("comparer", "nats", "$JS.ACK.LOOKALIKE_TASKS", false, 10) },
  "block-before-ack": { disturb: killAt("hasher", "nats", "$JS.ACK.LOOKALIKE_TASKS", false, 5) },
  "inside-finalize": {
    disturb: whileFinalizing(async ({ stage }) => {
      for (const instance of stage.of("comparer")) instance.kill();
    }),
  },
  "frozen-inside-finalize": {
    async disturb(scene) {
      const { stage } = scene;
      await whileFinalizing(async () => {
        for (const instance of stage.of("comparer")) instance.freeze();
      })(scene);
      // The lock is free: a transaction of a process that does not run has the job's result, and nobody commits it.
      const [one, ...others] = stage.of("comparer");
      for (const instance of others) instance.unfreeze();
      await sleep(FROZEN_MS);
      one?.unfreeze();
    },
  },
  "after-finalize-before-ack": { disturb: killAt("comparer", "nats", "$JS.ACK.LOOKALIKE_FINALIZE", false) },
};
