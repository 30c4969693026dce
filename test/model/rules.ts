import type { recoveryOf } from "@lookalike/shared/domain/job/recovery";
import type { Sizes } from "./world.ts";

/** What keeps the protocol sound. A negative control breaks one. */
export interface Rules {
  readonly recover: typeof recoveryOf;
  /** A result is stored once for each (job, run). */
  readonly hasNaturalKeys: boolean;
  /** The relay publishes in the order of the outbox, and says an event's number in it. */
  readonly keepsOrder: boolean;
  /** What was lost with its stream is no failure of the work. */
  readonly lossIsNoFailure: boolean;
  /** An event of the outbox that was lost with its stream is published again. */
  readonly publishesEventsAgain: boolean;
  /** A lost event is published with another message id. */
  readonly renamesLostEvents: boolean;
  /** An order to group waits until the work of its run is done. */
  readonly ordersWait: boolean;
  /** The event about a result counts only where the result is stored. */
  readonly requiresResult: boolean;
  /** A replay is not applied where the log has lost what the tables were folded from. */
  readonly replayRefusesGaps: boolean;
}

/** What is explored. */
export interface Protocol {
  readonly sizes: Sizes;
  readonly rules: Rules;
}
