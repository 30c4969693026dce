import type { Delivery } from "@lookalike/shared/bus/delivery";
import { readMessage } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { readBody, UnreadableError } from "@lookalike/shared/bus/unreadable";
import { work } from "@lookalike/shared/bus/work";
import { DeadLetter, Task } from "@lookalike/shared/domain/job/task";
import { deadLetters } from "@lookalike/shared/runtime/metrics";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { z } from "zod";
import type { Coordinator } from "./environment.ts";
import { retryTask } from "./retry.ts";

/** Tasks that a worker or the server gave up get their next attempt, or go to quarantine. */
export const routeLostTasks = (coordinator: Coordinator) =>
  Promise.all(
    [
      { stream: STREAMS.deadLetters, durable: "dead-letter-router", route: routeDeadLetter },
      { stream: STREAMS.advisories, durable: "advisory-router", route: routeAdvisory },
    ].map(({ stream, durable, route }) =>
      work(coordinator.bus, {
        stream,
        durables: [durable],
        concurrency: 1,
        maxDeliver: -1,
        isUnavailable,
        handle: (delivery) => route(coordinator, delivery),
        log: coordinator.log,
      }),
    ),
  );

/** A worker gave a task up and recorded why. Other letters stay in their stream for the operator. */
const routeDeadLetter = async (coordinator: Coordinator, { body }: Delivery): Promise<void> => {
  const letter = DeadLetter.safeParse(body);
  if (letter.success) return retryLost(coordinator, letter.data.task, letter.data.error, "dead letter");
  deadLetters.inc({ kind: "unreadable", outcome: "parked" });
};

const Advisory = z.object({ type: z.string(), stream: z.literal(STREAMS.tasks), stream_seq: z.int().min(1) });

/**
 * The safety net below the dead letters: a worker that died each time could not write one, but the
 * server reports that it has given the task up. Late and repeated advisories do no harm: see `retryTask`.
 */
const routeAdvisory = async (coordinator: Coordinator, { body }: Delivery): Promise<void> => {
  const { type, stream, stream_seq: sequence } = readBody(Advisory, body);
  if (!type.includes("max_deliver")) return;
  const stored = await readMessage(coordinator.bus, stream, sequence);
  if (stored === null) throw new UnreadableError(`message ${sequence} of ${stream} is no longer stored`);
  const task = readBody(Task, stored.body);
  await retryLost(coordinator, task, "its worker died each time", "task given up by the server");
};

const retryLost = async (
  { store, log, environment }: Coordinator,
  lost: Task,
  reason: string,
  message: string,
): Promise<void> => {
  const { job, kind, task, attempt } = lost;
  const outcome = await retryTask(
    store.db,
    { job, kind, task, attempt, failed: true, reason },
    environment.LOOKALIKE_MAX_ATTEMPTS,
  );
  deadLetters.inc({ kind, outcome });
  log.warn({ job, kind, task, attempt, outcome, reason }, message);
};
