import { isOver } from "@lookalike/shared/domain/job/job";
import { OPERATOR_REQUESTS, refusalOf } from "@lookalike/shared/domain/job/operator-request";
import { recoveryOf } from "@lookalike/shared/domain/job/recovery";
import { type Task, WorkKind } from "@lookalike/shared/domain/job/task";
import { has, members } from "@lookalike/shared/domain/primitives/bit-set";
import type { Model } from "./explore.ts";
import type { Rules } from "./rules.ts";
import { stepsOf } from "./steps.ts";
import { acceptedWorld, type Sizes, type World, worldKey } from "./world.ts";

const RULES: Rules = {
  recover: recoveryOf,
  hasNaturalKeys: true,
  keepsOrder: true,
  lossIsNoFailure: true,
  publishesEventsAgain: true,
  renamesLostEvents: true,
  ordersWait: true,
  requiresResult: true,
  replayRefusesGaps: true,
};

/** Protocols with one rule broken: what the model must find. */
export const BROKEN = {
  reconciler: {
    recover: (job, evidence) => (job.state === "finalizing" ? { type: "wait" } : recoveryOf(job, evidence)),
  },
  outbox: { publishesEventsAgain: false },
  attempts: { lossIsNoFailure: false },
  "natural-keys": { hasNaturalKeys: false },
  order: { keepsOrder: false },
  ids: { renamesLostEvents: false },
  "early-orders": { ordersWait: false },
  "lost-results": { requiresResult: false },
  replay: { replayRefusesGaps: false },
} satisfies Record<string, Partial<Rules>>;

/** The protocol of one job at these sizes, by these rules, as a model to explore. */
export const protocolModel = (sizes: Sizes, rules: Partial<Rules> = {}): Model<World> => ({
  initial: acceptedWorld(sizes),
  steps: stepsOf({ sizes, rules: { ...RULES, ...rules } }),
  keyOf: worldKey,
  isFinal: ({ job }) => isOver(job),
  fault: (world) =>
    wrongResults(world) ??
    quarantinedWithoutCause(world, sizes.maxAttempts) ??
    verifiedTooEarly(world) ??
    commandsOutOfOrder(world) ??
    uselessAdvice(world),
});

const wrongResults = ({ job, results }: World): string | null => {
  for (const run of results)
    if (results.filter((other) => other === run).length > 1) return `two results of run ${run}`;
  return job.state === "completed" && !results.includes(job.run)
    ? `completed without a result of run ${job.run}`
    : null;
};

const quarantinedWithoutCause = ({ job, failures }: World, maxAttempts: number): string | null => {
  const failed = (kind: string, task: number) =>
    failures.filter((failure) => failure.kind === kind && failure.task === task).length;
  if (job.state === "failed" && failed("scan", 0) < maxAttempts) return "the job failed, and its listing has not";
  for (const kind of WorkKind.options)
    for (const task of members(job[kind].quarantined, job[kind].count))
      if (failed(kind, task) < maxAttempts)
        return `${kind} ${task} is quarantined, and failed ${failed(kind, task)} times`;
  return null;
};

/** What a comparison found can be read once its result is recorded. */
const verifiedTooEarly = ({ job, streams }: World): string | null => {
  for (const { message, isHandled } of streams.tasks) {
    const { kind, task } = message.body as unknown as Task;
    if (kind === "verify" && !isHandled && !isOver(job) && !has(job.compare.done, task))
      return `verification ${task} is sent, and comparison ${task} is not done`;
  }
  return null;
};

const commandsOutOfOrder = ({ job, outbox }: World): string | null => {
  const commands = outbox.filter(
    ({ message: { body } }) => body["type"] === "job-paused" || body["type"] === "job-resumed",
  );
  const last = commands.at(-1);
  if (last === undefined || isOver(job) || commands.some(({ isApplied }) => !isApplied)) return null;
  const isPaused = last.message.body["type"] === "job-paused";
  return job.paused === isPaused
    ? null
    : `the last command is ${last.message.body["type"]}, and the job is ${job.paused ? "paused" : "not paused"}`;
};

/** A refused operator gets the name of a request that is accepted, or may start another job of the catalog. */
const uselessAdvice = ({ job }: World): string | null => {
  for (const request of OPERATOR_REQUESTS)
    for (const other of refusalOf(job, request)?.instead ?? []) {
      const isRefused = other === "another job" ? !isOver(job) : refusalOf(job, other) !== null;
      if (isRefused) return `${request} is refused, and so is ${other}, which is advised instead`;
    }
  return null;
};
