import type { Bus } from "@lookalike/shared/bus/connect";
import type { Delivery, Subscription } from "@lookalike/shared/bus/delivery";
import { readPayload } from "@lookalike/shared/bus/payload";
import { readMessage } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { PermanentError, work } from "@lookalike/shared/bus/work";
import { DeadLetter, Task } from "@lookalike/shared/domain/job/task";
import type { Logger } from "@lookalike/shared/runtime/log";
import { deadLetters } from "@lookalike/shared/runtime/metrics";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";
import { retryTask } from "./retry.ts";

interface Router {
  readonly bus: Bus;
  readonly db: Db;
  readonly log: Logger;
  readonly maxAttempts: number;
}

/** Tasks that a worker or the server gave up get their next attempt, or go to quarantine. */
export const routeLostTasks = (router: Router): Promise<Subscription[]> =>
  Promise.all(
    [
      { stream: STREAMS.deadLetters, durable: "dead-letter-router", route: routeDeadLetter },
      { stream: STREAMS.advisories, durable: "advisory-router", route: routeAdvisory },
    ].map(({ stream, durable, route }) =>
      work(router.bus, {
        stream,
        durables: [durable],
        concurrency: 1,
        maxDeliver: -1,
        handle: (delivery) => route(router, delivery),
        giveUp: async () => undefined,
        log: router.log,
      }),
    ),
  );

/** A worker gave a task up and recorded why. */
const routeDeadLetter = async (router: Router, { body, subject, sequence }: Delivery): Promise<void> => {
  const letter = DeadLetter.safeParse(body);
  if (letter.success) return retryLost(router, letter.data.task, letter.data.error, "dead letter");
  deadLetters.inc({ kind: "unreadable", outcome: "parked" });
  router.log.error({ subject, sequence }, "dead letter that can't be read, left in its stream");
};

const Advisory = z.object({ type: z.string(), stream: z.string(), stream_seq: z.int() });

/**
 * The safety net below the dead letters: a worker that died each time could not write one, but the
 * server reports that it has given the task up. Late and repeated advisories do no harm: see `retryTask`.
 */
const routeAdvisory = async (router: Router, delivery: Delivery): Promise<void> => {
  const advisory = readPayload(Advisory, delivery.body, "advisory", router.log);
  if (advisory === null || !advisory.type.includes("max_deliver")) return;
  const { stream, stream_seq: sequence } = advisory;
  const stored = await readMessage(router.bus, stream, sequence);
  if (stored === null) throw new PermanentError(`message ${sequence} of ${stream} is no longer stored`);
  const task = readPayload(Task, stored.body, "task", router.log);
  if (task !== null) await retryLost(router, task, "its worker died each time", "task given up by the server");
};

const retryLost = async (
  { db, log, maxAttempts }: Router,
  lost: Task,
  reason: string,
  message: string,
): Promise<void> => {
  const { job, kind, task, attempt } = lost;
  const outcome = await retryTask(db, { job, kind, task, attempt, reason }, maxAttempts);
  deadLetters.inc({ kind, outcome });
  log.warn({ job, kind, task, attempt, outcome, reason }, message);
};
