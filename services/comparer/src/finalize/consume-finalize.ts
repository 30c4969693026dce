import type { Bus } from "@lookalike/shared/bus/connect";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { readBody } from "@lookalike/shared/bus/unreadable";
import { type Workers, work } from "@lookalike/shared/bus/work";
import { Finalize } from "@lookalike/shared/domain/job/task";
import { FairTurns } from "@lookalike/shared/runtime/fair-turns";
import { type Logger, withLogFields } from "@lookalike/shared/runtime/log";
import { activeTraceparent, inSpan } from "@lookalike/shared/runtime/tracing";
import { isUnavailable } from "@lookalike/shared/store/unavailable";

/** Orders that a comparer has at once, so that it can group the smallest of their jobs next. */
const ORDERS = 16;
/** One job is grouped at a time, and beside it a much smaller one, so that both together take hardly more memory. */
export const GROUPING_TURNS = { turns: 2, turnsPerTenant: 2, turnsForSmall: 1 };

/**
 * Handles the orders to finalize a job, in fair turns: that of a tenant's smallest job is next, and a small job is not kept
 * waiting by a large one. An order that fails is delivered again without a limit.
 * @param sizeOf images of the job
 */
export const consumeFinalize = (
  bus: Bus,
  log: Logger,
  sizeOf: (order: Finalize) => Promise<number>,
  finalize: (order: Finalize) => Promise<void>,
): Promise<Workers> => {
  const turns = new FairTurns(GROUPING_TURNS);
  return work(bus, {
    stream: STREAMS.finalize,
    durables: ["finalizer"],
    concurrency: ORDERS,
    maxDeliver: -1,
    isUnavailable,
    log,
    handle: async ({ body }) => {
      const order = readBody(Finalize, body);
      const size = await sizeOf(order);
      const { job, run, tenant, traceparent: parent } = order;
      const turner = { tenant, began: Date.now(), size };
      const attributes = { "lookalike.job": job, "lookalike.run": run };
      return inSpan("finalize", { kind: "consumer", parent, attributes }, () => {
        // A worker thread has no active span: it gets the parent of its spans with the order.
        const traceparent = activeTraceparent();
        const traced = traceparent === undefined ? order : { ...order, traceparent };
        return withLogFields({ job, run }, () => turns.run(turner, () => finalize(traced)));
      });
    },
  });
};
