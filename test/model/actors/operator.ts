import { jobEvent, taskMessage } from "@lookalike/shared/bus/messages";
import {
  acceptedJob,
  failedInGrouping,
  missingTasks,
  quarantinedTasks,
  type RedrivenTask,
} from "@lookalike/shared/domain/job/job";
import { refusalOf } from "@lookalike/shared/domain/job/operator-request";
import { perKind, type WorkKind } from "@lookalike/shared/domain/job/task";
import { folded } from "../../../services/coordinator/src/apply-events.ts";
import { carriedOut } from "../../../services/coordinator/src/enact-decisions.ts";
import { faultStep, type Step } from "../explore.ts";
import { addToOutbox, eventOf, once } from "../messages.ts";
import type { Rules } from "../rules.ts";
import { spend, type World } from "../world.ts";
import { lastAttempt } from "./coordinator.ts";

const addRedriven = (world: World, tasks: readonly RedrivenTask[]): World => {
  const { job, outbox } = world;
  const isNextRun = job.state === "completed" || job.state === "finalizing" || failedInGrouping(job);
  const run = isNextRun ? job.run + 1 : job.run;
  const attempts = tasks.map((of) => ({
    ...(of.kind === "compare" ? {} : { kind: of.kind }),
    task: of.task,
    attempt: lastAttempt(world, of) + 1,
  }));
  const id = `redriven:${outbox.length}:${run}:${JSON.stringify(attempts)}`;
  return addToOutbox(
    world,
    once(id, () => jobEvent({ ...job, run }, "job-redriven", id, { tasks: attempts })),
  );
};

/** As the endpoint `redrive`, in one transaction. */
const redrive = (world: World): World => {
  const { job } = world;
  let next = world;
  for (const { kind, task } of missingTasks(job)) {
    const attempt = lastAttempt(next, { kind, task }) + 1;
    next = { ...next, attempts: [...next.attempts, { kind, task, attempt, failed: false }] };
    next = addToOutbox(next, taskMessage(job, kind, task, attempt));
  }
  const quarantined = quarantinedTasks(job);
  return quarantined.length === 0 ? next : addRedriven(next, quarantined);
};

/** As the endpoint `replay` with `apply`: the job that the log gives, whose cursors never go back; null = it is refused. */
const replay = (world: World, { replayRefusesGaps }: Rules): World | null => {
  const events = world.streams.events.map(({ message }) => eventOf(message));
  const accepted = events.find((event) => event.type === "job-accepted");
  if (accepted === undefined) return null;
  const ids = new Set(events.map(({ eventId }) => eventId));
  if (replayRefusesGaps && world.outbox.some((row) => row.isApplied && !ids.has(row.message.eventId))) return null;
  const { job } = world;
  const folding = events.reduce((at, event) => carriedOut(folded(at, event).job).job, acceptedJob(accepted));
  const withCursor = (kind: WorkKind) => ({
    ...folding[kind],
    cursor: Math.max(folding[kind].cursor, job[kind].cursor),
  });
  return { ...world, job: { ...folding, ...perKind(withCursor) } };
};

const REQUESTS: Readonly<Record<"redrive" | "rerun-finalize", (world: World) => World>> = {
  redrive,
  "rerun-finalize": (world) => addRedriven(world, []),
};

export function* requestSteps(world: World, rules: Rules): Generator<Step<World>> {
  if (world.left.requests === 0) return;
  const spent = spend(world, "requests");
  for (const [request, carryOut] of Object.entries(REQUESTS))
    if (refusalOf(world.job, request as keyof typeof REQUESTS) === null)
      yield faultStep(`an operator requests ${request}`, carryOut(spent));
  const replayed = replay(spent, rules);
  if (replayed !== null) yield faultStep("an operator requests replay with apply", replayed);
}
