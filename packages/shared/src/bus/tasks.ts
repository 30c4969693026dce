import { type DeadLetter, Task, type TaskKind, type TaskOf, TaskOfAnyVersion } from "../domain/job/task.ts";
import { messageOf } from "../runtime/errors.ts";
import { type Logger, withLogFields } from "../runtime/log.ts";
import { inSpan } from "../runtime/tracing.ts";
import type { Bus } from "./connect.ts";
import type { Delivery } from "./delivery.ts";
import { publish } from "./publish.ts";
import { durablesOf, MAX_DELIVER, STREAMS, subjects } from "./topology.ts";
import { park, readBody, UnreadableError } from "./unreadable.ts";
import { type Workers, work } from "./work.ts";

interface TaskOptions<Kind extends TaskKind> {
  readonly kind: Kind;
  readonly concurrency: number;
  /** @param isRetried whether an earlier attempt or delivery of the task failed */
  readonly handle: (task: TaskOf<Kind>, isRetried: boolean) => Promise<void>;
  /** Whether a server is away that the task needs: see `work`. */
  readonly isUnavailable?: (error: unknown) => boolean;
  readonly log: Logger;
}

/**
 * Handles the tasks of a kind, interactive ones first. A task that fails in every delivery goes to the
 * dead letters with its error, and the coordinator decides whether to try it again.
 */
export const runTasks = <Kind extends TaskKind>(
  bus: Bus,
  { kind, concurrency, handle, isUnavailable, log }: TaskOptions<Kind>,
): Promise<Workers> =>
  work(bus, {
    stream: STREAMS.tasks,
    durables: durablesOf(kind),
    concurrency,
    maxDeliver: MAX_DELIVER,
    isUnavailable,
    log,
    handle: (delivery) => {
      const task = parse(delivery, kind);
      const { job, attempt, traceparent } = task;
      const span = { kind: "consumer", parent: traceparent, attributes: spanAttributes(delivery, task) } as const;
      const isRetried = attempt > 0 || delivery.deliveryCount > 1;
      const run = () => withLogFields({ job, kind, task: task.task, attempt }, () => handle(task, isRetried));
      return inSpan(`${kind} task`, span, run);
    },
    giveUp: (delivery, error) => giveUp(bus, delivery, error, log),
  });

const spanAttributes = ({ subject }: Delivery, { job, task, attempt }: Task) => ({
  "messaging.system": "nats",
  "messaging.destination.name": subject,
  "messaging.operation.type": "process",
  "lookalike.job": job,
  "lookalike.task": task,
  "lookalike.attempt": attempt,
});

const parse = <Kind extends TaskKind>({ body, subject }: Delivery, kind: Kind): TaskOf<Kind> => {
  const { data: task, error } = Task.safeParse(body);
  if (error !== undefined) {
    readBody(TaskOfAnyVersion, body);
    // While services are upgraded, another worker may know the task.
    throw new Error(`${subject}: not a task this version knows (${error.message})`);
  }
  if (!isOfKind(task, kind)) throw new UnreadableError(`a task of kind ${task.kind} in a subject of ${kind}`);
  return task;
};

const isOfKind = <Kind extends TaskKind>(task: Task, kind: Kind): task is TaskOf<Kind> => task.kind === kind;

const giveUp = async (bus: Bus, delivery: Delivery, error: unknown, log: Logger): Promise<void> => {
  const { data: task } = Task.safeParse(delivery.body);
  if (task === undefined) return park(bus, delivery, messageOf(error), log);
  const letter: DeadLetter = { v: 1, task, error: messageOf(error).slice(0, 500), at: new Date().toISOString() };
  await publish(bus, {
    eventId: `dead:${delivery.id}`,
    stream: STREAMS.deadLetters,
    subject: subjects.dead(task.kind, task),
    body: letter,
  });
};
