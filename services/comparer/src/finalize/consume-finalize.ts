import type { Bus } from "@lookalike/shared/bus/connect";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { readBody } from "@lookalike/shared/bus/unreadable";
import { type Workers, work } from "@lookalike/shared/bus/work";
import { Finalize } from "@lookalike/shared/domain/job/task";
import { type Logger, withLogFields } from "@lookalike/shared/runtime/log";
import { createSmallestFirst } from "@lookalike/shared/runtime/smallest-first";
import { activeTraceparent, inSpan } from "@lookalike/shared/runtime/tracing";
import { isUnavailable } from "@lookalike/shared/store/unavailable";

/** Orders that a comparer has at once, so that it can group the smallest of their jobs next. */
const ORDERS = 16;

/**
 * Handles the orders to finalize a job, one at a time: that of the smallest job first, which others' large ones must not
 * keep waiting. An order that fails is delivered again without a limit.
 * @param sizeOf images of the job
 */
export const consumeFinalize = (
  bus: Bus,
  log: Logger,
  sizeOf: (order: Finalize) => Promise<number>,
  finalize: (order: Finalize) => Promise<void>,
): Promise<Workers> => {
  const smallestFirst = createSmallestFirst();
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
      const { job, run, traceparent: parent } = order;
      const attributes = { "lookalike.job": job, "lookalike.run": run };
      return inSpan("finalize", { kind: "consumer", parent, attributes }, () => {
        // A worker thread has no active span: it gets the parent of its spans with the order.
        const traceparent = activeTraceparent();
        const traced = traceparent === undefined ? order : { ...order, traceparent };
        return withLogFields({ job, run }, () => smallestFirst(size, () => finalize(traced)));
      });
    },
  });
};
