import { taskMessage } from "@lookalike/shared/bus/messages";
import type { Message } from "@lookalike/shared/domain/job/events";
import { type LostAttempt, retryOf } from "@lookalike/shared/domain/job/recovery";
import type { Task } from "@lookalike/shared/domain/job/task";
import { folded } from "../../../services/coordinator/src/apply-events.ts";
import { carriedOut } from "../../../services/coordinator/src/enact-decisions.ts";
import { quarantineMessage } from "../../../services/coordinator/src/retry.ts";
import { addToOutbox, eventOf } from "../messages.ts";
import type { Rules } from "../rules.ts";
import type { World } from "../world.ts";

const attemptsAt = (world: World, { kind, task }: Pick<LostAttempt, "kind" | "task">) =>
  world.attempts.filter((attempt) => attempt.kind === kind && attempt.task === task);

/** The number of a task's newest attempt. */
export const lastAttempt = (
  world: Pick<World, "attempts">,
  { kind, task }: Pick<LostAttempt, "kind" | "task">,
): number =>
  Math.max(0, ...world.attempts.flatMap((row) => (row.kind === kind && row.task === task ? row.attempt : [])));

/** As `retryTask`, in one transaction. */
export const retryTask = (world: World, lost: LostAttempt, maxAttempts: number): World => {
  const last = lastAttempt(world, lost);
  const failures = attemptsAt(world, lost).filter(({ failed }) => failed).length;
  const retry = retryOf(world.job, lost, { last, failures }, maxAttempts);
  if (retry === "stale") return world;
  const { kind, task, failed } = lost;
  const next = { ...world, attempts: [...world.attempts, { kind, task, attempt: last + 1, failed }] };
  return addToOutbox(
    next,
    retry === "redispatched"
      ? taskMessage(world.job, kind, task, last + 1)
      : quarantineMessage(world.job, lost, "it failed", 0),
  );
};

/** As `applyEvents` for a batch of one. */
export const applyEvent = (world: World, message: Message, { requiresResult }: Rules): World => {
  const event = eventOf(message);
  const isStored = world.outbox.some((row) => row.message.eventId === message.eventId);
  if (requiresResult && event.type === "job-finalized" && !isStored) return world;
  const outbox = world.outbox.map((row) =>
    row.message.eventId === message.eventId ? { ...row, isApplied: true } : row,
  );
  const { job, released } = folded(world.job, event);
  let next: World = { ...world, outbox };
  for (const { kind, task, attempt } of released) {
    next = { ...next, attempts: [...next.attempts, { kind, task, attempt, failed: false }] };
    next = addToOutbox(next, taskMessage(job, kind, task, attempt));
  }
  const carried = carriedOut(job);
  for (const more of carried.messages) next = addToOutbox(next, more);
  return { ...next, job: carried.job };
};

/** As `routeLostTasks`. */
export const handleDeadLetter = (world: World, { body }: Message, maxAttempts: number): World => {
  const { kind, task, attempt } = body as unknown as Task;
  return retryTask(world, { kind, task, attempt, failed: true }, maxAttempts);
};
