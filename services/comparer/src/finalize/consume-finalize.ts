import type { Bus } from "@lookalike/shared/bus/connect";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { readBody } from "@lookalike/shared/bus/unreadable";
import { type Workers, work } from "@lookalike/shared/bus/work";
import { Finalize } from "@lookalike/shared/domain/job/task";
import { type Logger, withLogFields } from "@lookalike/shared/runtime/log";
import { activeTraceparent, inSpan } from "@lookalike/shared/runtime/tracing";
import { isUnavailable } from "@lookalike/shared/store/unavailable";

/** Handles the orders to finalize a job, one at a time. An order that fails is delivered again without a limit. */
export const consumeFinalize = (
  bus: Bus,
  log: Logger,
  finalize: (order: Finalize) => Promise<void>,
): Promise<Workers> =>
  work(bus, {
    stream: STREAMS.finalize,
    durables: ["finalizer"],
    concurrency: 1,
    maxDeliver: -1,
    isUnavailable,
    log,
    handle: ({ body }) => {
      const order = readBody(Finalize, body);
      const { job, run, traceparent: parent } = order;
      const attributes = { "lookalike.job": job, "lookalike.run": run };
      return inSpan("finalize", { kind: "consumer", parent, attributes }, () => {
        // A worker thread has no active span: it gets the parent of its spans with the order.
        const traceparent = activeTraceparent();
        const traced = traceparent === undefined ? order : { ...order, traceparent };
        return withLogFields({ job, run }, () => finalize(traced));
      });
    },
  });
