import { setTimeout as sleep } from "node:timers/promises";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { isOver } from "@lookalike/shared/domain/job/job";
import { type Kind as KindOn, pick, type Scene as SceneOn, somewhere } from "../kind.ts";
import type { Clock } from "./clock.ts";
import { HOSTS, type Host, type Rule } from "./network.ts";
import { type HostsStage, NATS_HOSTS } from "./stage.ts";

type Scene = SceneOn<HostsStage>;
type Kind = KindOn<HostsStage>;

const HOUR_SECONDS = 3_600;
const LATENCY = { loss: 0.05, delayMs: 200 };

/** Frames in one direction: from each of these hosts to each of those. */
const oneWay = (from: readonly Host[], to: readonly Host[]): Rule[] =>
  from.flatMap((one) =>
    to.filter((other) => other !== one).map((other) => ({ from: one, to: other, loss: 1, delayMs: 0 })),
  );
const both = (some: readonly Host[], others: readonly Host[]): Rule[] => [
  ...oneWay(some, others),
  ...oneWay(others, some),
];
const allBut = (hosts: readonly Host[]): Host[] => HOSTS.filter((host) => !hosts.includes(host));

/** The rules are in effect for 5 to 35 s, from a random moment of the job on. */
const withRules =
  (rules: readonly Rule[]): Kind["disturb"] =>
  async (scene) => {
    await somewhere(scene);
    await scene.stage.network.set(rules);
    await sleep(5_000 + scene.random() * 30_000);
    await scene.stage.network.set([]);
  };

/** The rules are in effect until the job is over, which it must be all the same. */
const untilOver =
  (rules: readonly Rule[], seconds: number): Kind["disturb"] =>
  async ({ stage, job }) => {
    await stage.network.set(rules);
    try {
      await stage.until(job, isOver, seconds);
    } finally {
      await stage.network.set([]);
    }
  };

/** @param isBehind the standby lacks the last seconds of commits, which are lost */
const promote =
  (isBehind: boolean): Kind["disturb"] =>
  async (scene) => {
    const { network, postgres } = scene.stage;
    if (isBehind) await postgres.setSynchronous(false);
    await somewhere(scene);
    if (isBehind) {
      await network.set(both([postgres.primary()], [postgres.standby()]));
      await sleep(scene.random() * 3_000);
    }
    await postgres.promote();
    await network.set([]);
  };

/** The clocks are wrong until the job is over, which it must be all the same; then they are right again, at once. */
const step =
  (clocksOf: (scene: Scene) => readonly Clock[], seconds: number, meanwhile?: Kind["disturb"]): Kind["disturb"] =>
  async (scene) => {
    const { stage, job } = scene;
    const clocks = clocksOf(scene);
    const setAll = (offset: number) => Promise.all(clocks.map((clock) => clock.set(offset)));
    await stage.until(job, (now) => isOver(now) || now.completed > 0, 120);
    await setAll(seconds);
    await meanwhile?.(scene);
    await stage.until(job, isOver, 120).finally(() => setAll(0));
  };
const oneService = ({ stage, random }: Scene): Clock[] => [pick(stage.instances, random).clock];
const allServices = ({ stage }: Scene): Clock[] => stage.instances.map(({ clock }) => clock);
const database = ({ stage }: Scene): Clock[] => [stage.databaseClock];

const loseTasks = async ({ stage }: Scene): Promise<void> => {
  // The offset is in effect within a second.
  await sleep(2_000);
  await stage.bus.jsm.streams.delete(STREAMS.tasks);
};

const named = (names: readonly (readonly [string, Kind["disturb"]])[]): Record<string, Kind> =>
  Object.fromEntries(names.map(([name, disturb]) => [name, { disturb }]));

const PAIRS = HOSTS.flatMap((one, at) => HOSTS.slice(at + 1).map((other) => [one, other] as const));

/** Faults between hosts, of the pair of databases, and of clocks. */
export const HOST_KINDS: Readonly<Record<string, Kind>> = {
  ...named(PAIRS.map(([one, other]) => [`partition-${one}-${other}`, withRules(both([one], [other]))])),
  ...named(HOSTS.map((host) => [`isolated-${host}`, withRules(both([host], allBut([host])))])),
  ...named(HOSTS.map((host) => [`sends-nothing-${host}`, withRules(oneWay([host], allBut([host])))])),
  ...named(HOSTS.map((host) => [`receives-nothing-${host}`, withRules(oneWay(allBut([host]), [host]))])),
  // A NATS server that the others do not reach, while services are connected to it.
  ...named(
    NATS_HOSTS.map((host) => [
      `minority-${host}`,
      withRules(
        both(
          [host],
          NATS_HOSTS.filter((one) => one !== host),
        ),
      ),
    ]),
  ),
  "minority-with-services": {
    disturb: withRules(both(["nats3", "services2"], allBut(["nats3", "services2"]))),
  },
  "minority-with-database": {
    disturb: withRules(both(["nats1", "postgres1", "postgres2"], allBut(["nats1", "postgres1", "postgres2"]))),
  },
  "without-minority": { disturb: untilOver(both(["nats1", "services1"], allBut(["nats1", "services1"])), 120) },
  "slow-and-lossy": { disturb: withRules(oneWay(HOSTS, HOSTS).map((rule) => ({ ...rule, ...LATENCY }))) },
  "slow-and-lossy-throughout": {
    disturb: untilOver(
      oneWay(HOSTS, HOSTS).map((rule) => ({ ...rule, ...LATENCY })),
      600,
    ),
  },
  "nats-node-killed": {
    async disturb(scene) {
      const { nats } = scene.stage;
      await somewhere(scene);
      const node = Math.floor(scene.random() * NATS_HOSTS.length);
      await nats.kill(node);
      await sleep(scene.random() * 20_000);
      nats.start(node);
    },
  },
  "standby-promoted": { disturb: promote(false) },
  "standby-promoted-behind": { disturb: promote(true) },
  ...named([
    ["clock-forward-service", step(oneService, HOUR_SECONDS)],
    ["clock-back-service", step(oneService, -HOUR_SECONDS)],
    ["clock-forward-services", step(allServices, HOUR_SECONDS)],
    ["clock-back-services", step(allServices, -HOUR_SECONDS)],
    ["clock-forward-database", step(database, HOUR_SECONDS)],
    ["clock-back-database", step(database, -HOUR_SECONDS)],
    ["clock-back-database-tasks-lost", step(database, -HOUR_SECONDS, loseTasks)],
  ]),
};
