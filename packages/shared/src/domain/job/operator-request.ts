import { failedInGrouping, isOver, type Job, type JobState } from "./job.ts";

export const OPERATOR_REQUESTS = ["pause", "resume", "cancel", "redrive", "rerun-finalize"] as const;

/** What an operator may request of a job that the tables have. */
export type OperatorRequest = (typeof OPERATOR_REQUESTS)[number];

/** Why a request would do nothing to a job, and what to do instead. */
export interface Refusal {
  readonly advice: string;
  /** Requests that the advice names, each of which is accepted now; "another job" is one of the same catalog. */
  readonly instead: readonly (OperatorRequest | "another job")[];
}

const ANOTHER_JOB: Refusal = { advice: "Start another job of its catalog.", instead: ["another job"] };
const NOT_LISTED: Refusal = { advice: "It is listed first, by itself; cancel ends it.", instead: ["cancel"] };

/** Where a request can do nothing. */
const REFUSALS: Readonly<Record<"redrive" | "rerun-finalize", Partial<Record<JobState, Refusal>>>> = {
  redrive: {
    accepted: NOT_LISTED,
    finalizing: {
      advice: "All its tasks are done. rerun-finalize groups it as its next run.",
      instead: ["rerun-finalize"],
    },
    failed: ANOTHER_JOB,
    cancelled: ANOTHER_JOB,
  },
  "rerun-finalize": {
    accepted: NOT_LISTED,
    listing: {
      advice: "It is not listed yet. redrive lists it again; cancel ends it.",
      instead: ["redrive", "cancel"],
    },
    running: {
      advice: "It is grouped when its tasks are done. redrive sends those again that are missing.",
      instead: ["redrive"],
    },
    failed: ANOTHER_JOB,
    cancelled: ANOTHER_JOB,
  },
};

/** A job that failed while it was grouped. */
const FAILED_IN_GROUPING: Refusal = {
  advice: "All its tasks are done. rerun-finalize groups it again once the data is there that it misses.",
  instead: ["rerun-finalize"],
};

/** Nothing of a paused job is sent, whatever else is requested. */
const whilePaused = ({ advice, instead }: Refusal): Refusal => ({
  advice: `${advice} It is paused: it goes on after resume.`,
  instead: [...instead, "resume"],
});

/** @returns null where the request is accepted */
export const refusalOf = (job: Pick<Job, "state" | "paused" | "listing">, request: OperatorRequest): Refusal | null => {
  if (request !== "redrive" && request !== "rerun-finalize")
    return isOver(job) ? { ...ANOTHER_JOB, advice: `There is nothing to ${request}. ${ANOTHER_JOB.advice}` } : null;
  if (failedInGrouping(job)) return request === "redrive" ? FAILED_IN_GROUPING : null;
  const refusal = REFUSALS[request][job.state] ?? null;
  return refusal !== null && job.paused && !isOver(job) ? whilePaused(refusal) : refusal;
};
