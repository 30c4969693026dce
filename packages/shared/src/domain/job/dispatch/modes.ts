// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { z } from "zod";
import { outstanding, type Work, windowCredit } from "../work.ts";

/**
 * How comparison tasks are dispatched: a sliding `window` of `batchSize` outstanding tasks, `waves`
 * of `batchSize` that each wait for their last task, or `all` at once with the completion monitor;
 * `auto` follows the roll-out, and is a window where the roll-out does not decide.
 */
export const Dispatch = z.enum(["auto", "window", "waves", "all"]);
export type Dispatch = z.infer<typeof Dispatch>;

interface DispatchMode {
  /** How many more tasks may be dispatched now. */
  readonly credit: (work: Work, batchSize: number) => number;
  /** Whether only the completion monitor ends a job, not its last result. */
  readonly onlyMonitorFinalizes: boolean;
}

const slidingWindow: DispatchMode = { credit: windowCredit, onlyMonitorFinalizes: false };

export const dispatchModes: Record<Dispatch, DispatchMode> = {
  auto: slidingWindow,
  window: slidingWindow,
  waves: {
    credit: (work, batchSize) => (outstanding(work) === 0 ? batchSize : 0),
    onlyMonitorFinalizes: false,
  },
  all: { credit: () => Number.POSITIVE_INFINITY, onlyMonitorFinalizes: true },
};
