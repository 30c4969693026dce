import { finalizeMessage } from "@lookalike/shared/bus/messages";
import type { Job } from "@lookalike/shared/domain/job/job";
import { type Evidence, unfinishedTasks } from "@lookalike/shared/domain/job/recovery";
import { WorkKind } from "@lookalike/shared/domain/job/task";
import { nextRunMessage } from "../../../services/coordinator/src/reconcile.ts";
import { type Step, systemStep } from "../explore.ts";
import { addToOutbox, hasUnhandled, store, streamOf } from "../messages.ts";
import type { Protocol, Rules } from "../rules.ts";
import type { World } from "../world.ts";
import { lastAttempt, retryTask } from "./coordinator.ts";
import { publishRow } from "./publishers.ts";

/** Rows that `publishLostEvents` publishes again. */
const lostRows = (world: World): ReadonlySet<string> =>
  new Set(
    world.outbox.flatMap(({ message, isPublished, isApplied }) =>
      isPublished && !isApplied && streamOf(message) === "events" && !hasUnhandled(world, "events", message.subject)
        ? message.eventId
        : [],
    ),
  );

/** Each gets another message id, so that the server does not drop it. */
const publishAgain = (world: World, lost: ReadonlySet<string>, rules: Rules): World => {
  const before = { ...world, deduplicates: world.deduplicates && !rules.renamesLostEvents };
  const after = world.outbox.reduce(
    (next, { message }, index) => (lost.has(message.eventId) ? publishRow(next, index, rules) : next),
    before,
  );
  return { ...after, deduplicates: world.deduplicates };
};

const hasUnpublished = ({ outbox, job, published }: World): boolean =>
  outbox.some(({ isPublished }) => !isPublished) ||
  (job.state === "running" && WorkKind.options.some((kind) => published[kind] < job[kind].cursor));

const evidenceOf = (world: World, job: Job): Evidence => {
  const { subject } = finalizeMessage(job);
  const order = world.streams.finalize.find(({ message }) => message.subject === subject);
  return {
    isUnpublished: hasUnpublished(world),
    hasUnhandledEvents: hasUnhandled(world, "events"),
    mayHaveResult: ({ kind, task }) =>
      world.streams.tasks.some(
        ({ message: { body }, isHandled }) => !isHandled && body["kind"] === kind && body["task"] === task,
      ),
    order: order === undefined ? "none" : order.isHandled ? "handled" : "unhandled",
    hasResult: world.outbox.some(({ message }) => message.eventId === `${job.id}:job-finalized:${job.run}`),
  };
};

/** As `recoverJob`, after it has read the job and its attempts. */
const recover = (
  world: World,
  { job, attempts }: Pick<World, "job" | "attempts">,
  { sizes, rules }: Protocol,
): World => {
  const recovery = rules.recover(job, evidenceOf(world, job));
  switch (recovery.type) {
    case "wait":
      return world;
    case "retry":
      return recovery.tasks.reduce(
        (next, task) =>
          retryTask(
            next,
            { ...task, attempt: lastAttempt({ attempts }, task), failed: !rules.lossIsNoFailure },
            sizes.maxAttempts,
          ),
        world,
      );
    case "publish-order": {
      const order = finalizeMessage(job);
      const next = store(world, "finalize", order);
      const isStored = next.streams.finalize.some(({ message }) => message.eventId === order.eventId);
      return isStored ? next : addToOutbox(next, nextRunMessage(job));
    }
    case "next-run":
      return addToOutbox(world, nextRunMessage(job));
  }
};

const isSnapshotUseful = ({ job }: World): boolean => job.state === "finalizing" || unfinishedTasks(job).length > 0;

export function* reconcilerSteps(world: World, protocol: Protocol): Generator<Step<World>> {
  const lost = lostRows(world);
  if (lost.size > 0 && protocol.rules.publishesEventsAgain)
    yield systemStep("the reconciler publishes lost events again", publishAgain(world, lost, protocol.rules));
  if (world.snapshot !== null)
    yield systemStep("the reconciler acts", { ...recover(world, world.snapshot, protocol), snapshot: null });
  else if (isSnapshotUseful(world) && !protocol.sizes.splitsRounds)
    yield systemStep("the reconciler acts", recover(world, world, protocol));
  else if (isSnapshotUseful(world))
    yield systemStep("a reconciler reads the job", {
      ...world,
      snapshot: { job: world.job, attempts: world.attempts },
    });
}
