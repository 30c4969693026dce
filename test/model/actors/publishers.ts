import { taskMessage } from "@lookalike/shared/bus/messages";
import { workOf } from "@lookalike/shared/domain/job/job";
import { WorkKind } from "@lookalike/shared/domain/job/task";
import { settled } from "@lookalike/shared/domain/job/work";
import { missing } from "@lookalike/shared/domain/primitives/bit-set";
import { numbered } from "../../../services/coordinator/src/relay.ts";
import { type Step, systemStep } from "../explore.ts";
import { once, store, streamOf } from "../messages.ts";
import type { Rules } from "../rules.ts";
import type { World } from "../world.ts";

/** As the relay, which publishes a row of the outbox. */
export const publishRow = (world: World, index: number, { keepsOrder }: Rules): World => {
  const row = world.outbox[index];
  if (row === undefined) throw new Error(`no row ${index}`);
  const { message } = row;
  const name = streamOf(message);
  const sent =
    name === "events" && keepsOrder
      ? once(`${message.eventId}#${index + 1}`, () => numbered({ ...message, number: index + 1 }))
      : message;
  return store(world, name, sent);
};

const markRow = (world: World, index: number): World => ({
  ...world,
  outbox: world.outbox.map((row, at) => (at === index ? { ...row, isPublished: true } : row)),
});

/** As the dispatcher, which publishes a range of tasks. */
export const publishDispatched = (world: World, kind: WorkKind): World => {
  const work = workOf(world.job, kind);
  let next = world;
  for (const task of missing(settled(work), world.published[kind], work.cursor))
    next = store(
      next,
      "tasks",
      once(`task:${kind}:${task}:r${world.job.run}`, () => taskMessage(world.job, kind, task, 0)),
    );
  return next;
};

export function* relaySteps(world: World, rules: Rules): Generator<Step<World>> {
  for (const [index, { message, isPublished }] of world.outbox.entries()) {
    if (isPublished) continue;
    yield systemStep(`the relay publishes ${message.eventId}`, markRow(publishRow(world, index, rules), index));
    if (rules.keepsOrder) break;
  }
}

export function* dispatchSteps(world: World): Generator<Step<World>> {
  if (world.job.state === "running")
    for (const kind of WorkKind.options) {
      const { cursor } = world.job[kind];
      if (world.published[kind] >= cursor) continue;
      const next = publishDispatched(world, kind);
      yield systemStep(`tasks to ${kind} are published`, { ...next, published: { ...next.published, [kind]: cursor } });
    }
}
