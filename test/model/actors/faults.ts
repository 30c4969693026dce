import { finalizeMessage } from "@lookalike/shared/bus/messages";
import { type Task, WorkKind } from "@lookalike/shared/domain/job/task";
import { faultStep, type Step } from "../explore.ts";
import { acknowledge, once, store, withStream } from "../messages.ts";
import type { Rules } from "../rules.ts";
import { STREAM_NAMES, spend, tablesOf, type World } from "../world.ts";
import type { Handlers } from "./consumers.ts";
import { publishDispatched, publishRow } from "./publishers.ts";

/** The work of a task fails, so that it becomes a dead letter. */
export function* workFailures(world: World): Generator<Step<World>> {
  if (world.left.failures === 0) return;
  for (const { message, isHandled } of world.streams.tasks) {
    if (isHandled) continue;
    const { kind, task } = message.body as unknown as Task;
    const letter = once(`dead:${message.eventId}`, () => ({
      ...message,
      stream: "LOOKALIKE_DEAD_LETTERS",
      eventId: `dead:${message.eventId}`,
    }));
    const failed = { ...spend(world, "failures"), failures: [...world.failures, { kind, task }] };
    yield faultStep(
      `the work of ${message.eventId} fails`,
      acknowledge(store(failed, "deadLetters", letter), "tasks", message),
    );
  }
}

/** The primary is lost, and a standby takes over that has not got the last commits. */
export function* rewinds(world: World): Generator<Step<World>> {
  if (world.standby !== null)
    yield faultStep("the standby takes over", { ...world, ...world.standby, standby: null, snapshot: null });
  else if (world.left.rewinds > 0)
    yield faultStep("the standby gets no more commits", { ...spend(world, "rewinds"), standby: tablesOf(world) });
}

/** What dies, and what is lost. */
export function* infrastructureFaults(before: World, rules: Rules, handle: Handlers): Generator<Step<World>> {
  if (before.left.faults === 0) return;
  const world = spend(before, "faults");
  for (const name of STREAM_NAMES) {
    const stream = world.streams[name];
    if (stream.length === 0) continue;
    const unhandled = stream.flatMap(({ message, isHandled }) => (isHandled ? [] : message));
    yield faultStep(`the stream ${name} is lost`, withStream(world, name, []));
    if (unhandled.length > 0)
      yield faultStep(`the stream ${name} is lost, and what it had is held`, {
        ...withStream(world, name, []),
        held: [...world.held, ...unhandled],
      });
    if (stream.some(({ isHandled }) => isHandled))
      yield faultStep(
        `the consumer of ${name} is lost`,
        withStream(
          world,
          name,
          stream.map((stored) => ({ ...stored, isHandled: false })),
        ),
      );
    for (const message of unhandled)
      yield faultStep(
        `${message.eventId} is handled, then its process dies before the ack`,
        handle[name](world, message),
      );
  }
  for (const message of world.held)
    yield faultStep(`whoever holds ${message.eventId} dies`, {
      ...world,
      held: world.held.filter((other) => other !== message),
    });
  const next = world.outbox.findIndex(({ isPublished }) => !isPublished);
  if (next >= 0) yield faultStep("the relay publishes, then dies before the mark", publishRow(world, next, rules));
  if (world.job.state === "running")
    for (const kind of WorkKind.options)
      if (world.published[kind] < world.job[kind].cursor)
        yield faultStep(`tasks to ${kind} are published, not marked`, publishDispatched(world, kind));
  if (world.deduplicates) yield faultStep("the server forgets ids", { ...world, deduplicates: false });
  if (world.job.state === "finalizing") {
    const forged = once(`forged:${world.job.run}`, () => ({
      ...finalizeMessage(world.job),
      eventId: "forged",
      body: {},
    }));
    yield faultStep("another message is in the place of the order", store(world, "finalize", forged));
  }
}
