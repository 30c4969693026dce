import { expect, it } from "vitest";
import { evolve } from "./evolve.ts";
import { anAcceptedJob, listingDone } from "./job.fixtures.ts";
import { isOver, JobState } from "./job.ts";
import { OPERATOR_REQUESTS, type OperatorRequest, refusalOf } from "./operator-request.ts";

const accepted = anAcceptedJob();
const listed = evolve(accepted, listingDone(1));

/** Jobs of every state, paused and not, with a listing and without. */
const jobs = JobState.options.flatMap((state) =>
  [accepted, listed].flatMap((job) => [false, true].map((paused) => ({ ...job, state, paused }))),
);

it.each(OPERATOR_REQUESTS)(
  "a refusal to %s names requests that are accepted then, in every state of a job",
  (request) => {
    for (const job of jobs) {
      const refusal = refusalOf(job, request);
      if (refusal === null) continue;
      expect(refusal.instead.length, job.state).toBeGreaterThan(0);
      for (const other of refusal.instead) {
        expect(refusal.advice).toContain(other);
        if (other === "another job") expect(isOver(job), `${request} of a job that is ${job.state}`).toBe(true);
        else expect(refusalOf(job, other), `${request}, then ${other}, of a job that is ${job.state}`).toBeNull();
      }
    }
  },
);

it("no state refuses everything but a job that is over, of which another one can be started", () => {
  const refusesAll = (job: (typeof jobs)[number]): boolean =>
    OPERATOR_REQUESTS.every((request: OperatorRequest) => refusalOf(job, request) !== null);
  expect([...new Set(jobs.filter(refusesAll).map(({ state }) => state))]).toEqual(["failed", "cancelled"]);
});
