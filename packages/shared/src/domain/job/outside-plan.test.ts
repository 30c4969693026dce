import { describe, expect, it } from "vitest";
import { evolve } from "./evolve.ts";
import { anAcceptedJob, hashDone, listingDone, pairBatchDone, taskQuarantined } from "./job.fixtures.ts";
import { outsidePlan } from "./outside-plan.ts";

const accepted = anAcceptedJob({ pairsPerTask: 1 });
/** Two blocks, three comparison tasks. */
const running = evolve(accepted, listingDone(2));

describe("an event whose numbers do not fit the plan of its job", () => {
  it("is named with its number and the plan's: it would be a RangeError in the fold", () => {
    expect(outsidePlan(running, hashDone(1))).toBeNull();
    expect(outsidePlan(running, hashDone(2))).toBe("hash task 2 of a job that has 2");
    expect(outsidePlan(running, pairBatchDone(2))).toBeNull();
    expect(outsidePlan(running, pairBatchDone(2 ** 40))).toBe(`compare task ${2 ** 40} of a job that has 3`);
    expect(outsidePlan(running, taskQuarantined("compare", 3))).toBe("compare task 3 of a job that has 3");
  });

  it("is ignored as any other event where the job does not run", () => {
    expect(outsidePlan(accepted, hashDone(7))).toBeNull();
  });

  it("is a listing of more tasks than can be counted", () => {
    expect(outsidePlan(accepted, listingDone(1_000))).toBeNull();
    expect(outsidePlan(accepted, listingDone(100_000))).toMatch(/^a plan of 5000050000 blocks or tasks/);
    expect(outsidePlan(accepted, listingDone(2 ** 50))).not.toBeNull();
  });
});
