import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { has, size } from "../primitives/bit-set.ts";
import { decide, enact, isComplete } from "./decide.ts";
import { Dispatch } from "./dispatch/modes.ts";
import type { JobEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import {
  anAcceptedJob,
  BLOCK,
  given,
  hashDone,
  jobEventOf,
  jobFinalized,
  jobRedriven,
  listingDone,
  pairBatchDone,
  taskQuarantined,
  verifyDone,
} from "./job.fixtures.ts";
import { type Job, listed, mayBeGrouped, missingTasks, workOf } from "./job.ts";
import type { JobOptions } from "./options.ts";
import { progressOf, unitsOf } from "./progress.ts";
import { outstanding } from "./work.ts";

describe("a job", () => {
  it("lists first, and plans once the listing is done", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 2 })).when();
    expect(job.state).toBe("listing");
    const running = given(job).when(listingDone(3));
    expect([running.state, running.hash.count, running.compare.count]).toEqual(["running", 3, 3]);
    expect(listed(running)).toMatchObject({ thresholdBits: 20, radiusBits: 32 });
  });

  it("dispatches comparisons while hashing still runs, in the order of the columns", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 1 })).when(listingDone(3), hashDone(1), hashDone(0));
    expect(job.hash.cursor).toBe(3);
    // Blocks 0 and 1 hold pairs 0, 1 and 2.
    expect(job.compare.cursor).toBe(3);
    expect(progressOf(job).phase).toBe("hashing");
  });

  it("finalizes once when the last result arrives twice", () => {
    let job = given(anAcceptedJob({ pairsPerTask: 50 })).when(listingDone(2), hashDone(0), hashDone(1));
    expect(isComplete(job)).toBe(false);
    job = evolve(job, pairBatchDone(0));
    expect(decide(job)).toEqual([{ type: "finalize", run: 1 }]);
    job = given(job).when();
    expect(job.state).toBe("finalizing");
    expect(decide(evolve(job, pairBatchDone(0)))).toEqual([]);
  });

  it("ignores a result of work that it does not know, as in a database that lost its last commits", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 50 })).when(listingDone(2), hashDone(0));
    const failed = jobEventOf("grouping-failed", { detail: "missing data: block 1" });
    expect(given(job).when(jobFinalized(1), failed)).toEqual(job);
    expect([mayBeGrouped(job, 1), mayBeGrouped(job, 0), mayBeGrouped(job, 2)]).toEqual([false, true, false]);
    const done = given(job).when(hashDone(1), pairBatchDone(0), jobFinalized(1));
    expect(done.state).toBe("completed");
    expect([mayBeGrouped(done, 1), mayBeGrouped(done, 2)]).toEqual([true, false]);
  });

  it("fails with a reason where it can't be grouped, and is grouped again as its next run", () => {
    const finalizing = given(anAcceptedJob()).when(listingDone(0));
    const failed = jobEventOf("grouping-failed", { detail: "missing data: block 3 of catalog c" });
    const job = given(finalizing).when(failed, failed);
    expect(job).toMatchObject({ state: "failed", failure: "missing data: block 3 of catalog c", run: 1 });
    expect(given(job).when(jobFinalized(1), jobRedriven(1, []))).toEqual(job);
    const next = given(job).when(jobRedriven(2, []));
    expect(next).toMatchObject({ state: "finalizing", failure: null, run: 2 });
    expect(given(next).when(failed)).toEqual(next);
    const unlisted = given(anAcceptedJob()).when(jobEventOf("listing-failed", { detail: "", missingImages: null }));
    expect(given(unlisted).when(jobRedriven(2, []))).toEqual(unlisted);
  });

  it("is complete at once when nothing is left to hash or to compare", () => {
    const job = given(anAcceptedJob()).when(
      listingDone(2, { hashedBlocks: Uint8Array.of(0b11), hashedImages: 20, base: { job: "job-0", blocks: 2 } }),
    );
    expect(job.state).toBe("finalizing");
    expect(progressOf(job)).toMatchObject({ totalBlockPairs: 0, totalTasks: 0, completedImages: 20 });
  });

  it("compares only the new columns of a grown catalog, and hashes only the new blocks", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 1 })).when(
      listingDone(4, { hashedBlocks: Uint8Array.of(0b111), hashedImages: 30, base: { job: "job-0", blocks: 3 } }),
    );
    expect(progressOf(job)).toMatchObject({ totalBlockPairs: 4, completedBlocks: 3 });
    expect(outstanding(job.hash)).toBe(1);
  });

  it("counts a quarantined task as its end", () => {
    const job = given(anAcceptedJob()).when(listingDone(1), hashDone(0), taskQuarantined("compare", 0));
    expect(job.state).toBe("finalizing");
  });

  it("takes a comparison out of quarantine when its result arrives late, but not a block: others were compared without it", () => {
    const compared = given(anAcceptedJob({ pairsPerTask: 1 })).when(
      listingDone(2),
      hashDone(0),
      taskQuarantined("compare", 0),
    );
    expect(progressOf(evolve(compared, pairBatchDone(0)))).toMatchObject({ completedTasks: 1, quarantinedTasks: 0 });
    const hashed = given(anAcceptedJob()).when(listingDone(2), taskQuarantined("hash", 0));
    expect(progressOf(hashed)).toMatchObject({ failedImages: 10, quarantinedTasks: 1 });
    expect(evolve(hashed, hashDone(0))).toBe(hashed);
  });

  it("is reopened as its next run, once, and a late end of the run before does not close it", () => {
    const ended = given(anAcceptedJob({ pairsPerTask: 1 })).when(
      listingDone(1),
      taskQuarantined("compare", 0),
      hashDone(0),
      jobFinalized(1),
    );
    expect([ended.state, ended.run]).toEqual(["completed", 1]);
    const again = given(ended).when(jobRedriven(2, [0]));
    expect([again.state, again.run, size(again.compare.quarantined)]).toEqual(["running", 2, 0]);
    expect(given(again).when(jobRedriven(2, [0]), jobFinalized(1))).toEqual(again);
    const done = given(again).when(pairBatchDone(0));
    expect([done.state, done.run]).toEqual(["finalizing", 2]);
    expect(given(done).when(jobFinalized(2), jobRedriven(2, [0])).state).toBe("completed");
  });

  it("continues with redriven tasks while it runs, and stays over once it is cancelled", () => {
    const running = given(anAcceptedJob({ pairsPerTask: 1 })).when(
      listingDone(2),
      hashDone(0),
      taskQuarantined("compare", 0),
    );
    expect(size(evolve(running, jobRedriven(1, [0])).compare.quarantined)).toBe(0);
    const cancelled = given(running).when(jobEventOf("job-cancelled", {}));
    expect(evolve(cancelled, jobRedriven(2, [0]))).toBe(cancelled);
  });

  it("dispatches nothing while it is paused, and continues where it was", () => {
    const paused = given(anAcceptedJob({ batchSize: 1 })).when(
      listingDone(2),
      jobEventOf("job-paused", {}),
      hashDone(0),
    );
    expect(paused.hash.cursor).toBe(1);
    expect(given(paused).when(jobEventOf("job-resumed", {})).hash.cursor).toBe(2);
  });

  it("is paused or not by the last command, in whichever order and however often the events arrive", () => {
    const command = (type: "job-paused" | "job-resumed", number: number) => jobEventOf(type, {}, { number });
    const [first, second, third] = [command("job-paused", 4), command("job-resumed", 7), command("job-paused", 9)];
    const job = anAcceptedJob();
    expect(given(job).when(second, first).paused).toBe(false);
    expect(given(job).when(first, third, second, third, first).paused).toBe(true);
  });

  it("begins its next run where nobody groups the one that was ordered, whose late result is ignored", () => {
    const finalizing = given(anAcceptedJob()).when(listingDone(1), hashDone(0), pairBatchDone(0));
    expect(finalizing).toMatchObject({ state: "finalizing", run: 1 });
    const next = given(finalizing).when(jobRedriven(2, []));
    expect(next).toMatchObject({ state: "finalizing", run: 2 });
    expect(given(next).when(jobRedriven(2, []), jobFinalized(1))).toMatchObject({ state: "finalizing", run: 2 });
    expect(given(next).when(jobFinalized(2)).state).toBe("completed");
  });

  it("ignores results that arrive after it was cancelled", () => {
    const cancelled = given(anAcceptedJob()).when(listingDone(2), jobEventOf("job-cancelled", {}));
    expect(evolve(cancelled, hashDone(0))).toBe(cancelled);
    expect(decide(cancelled)).toEqual([]);
  });
});

describe("a job that verifies what it finds", () => {
  /** Two blocks that are hashed: three comparisons, and as many verifications. */
  const verifying = (options: Partial<JobOptions> = {}): Job =>
    given(anAcceptedJob({ pairsPerTask: 1, ...options })).when(
      listingDone(2, { verification: true, hashedBlocks: Uint8Array.of(0b11), hashedImages: 20 }),
    );
  const found = (task: number) => pairBatchDone(task, { edgeCount: 3 });
  const missingVerifications = (job: Job) =>
    missingTasks(job).flatMap(({ kind, task }) => (kind === "verify" ? task : []));

  it("has no verification where nothing is verified", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 1 })).when(listingDone(1), hashDone(0), found(0));
    expect([job.state, job.verify.count, progressOf(job).totalVerifyTasks]).toEqual(["finalizing", 0, 0]);
  });

  it("verifies the pairs of each comparison that is done, in phase verifying, before it is grouped", () => {
    const compared = given(verifying()).when(found(0), found(1), found(2));
    expect(progressOf(compared)).toMatchObject({ phase: "verifying", totalVerifyTasks: 3, completedVerifyTasks: 0 });
    expect(missingVerifications(compared)).toEqual([0, 1, 2]);
    const verified = given(compared).when(verifyDone(2), verifyDone(0), verifyDone(0));
    expect(unitsOf(progressOf(verified))).toEqual({ done: 2, total: 3 });
    expect([verified.state, given(verified).when(verifyDone(1)).state]).toEqual(["running", "finalizing"]);
  });

  it("needs no task where a comparison found neither an edge nor equal hashes", () => {
    const none = (task: number, equalPairs?: number) => pairBatchDone(task, { equalPairs });
    // Whoever does not count equal hashes may have left some.
    expect(missingVerifications(given(verifying()).when(none(0, 0), none(1, 1), none(2)))).toEqual([1, 2]);
    expect(given(verifying()).when(none(2, 0), none(0, 0), none(1, 0)).state).toBe("finalizing");
  });

  it("seeks candidates by tasks after its comparisons, when all blocks are hashed, and verifies them alike", () => {
    const job = given(anAcceptedJob({ pairsPerTask: 1 })).when(
      listingDone(2, { verification: true, candidates: { tileBlocks: 2 } }),
      hashDone(0),
    );
    expect([job.compare.count, job.verify.count, job.compare.cursor]).toEqual([4, 4, 1]);
    const hashed = given(job).when(hashDone(1));
    expect([hashed.compare.cursor, progressOf(hashed)]).toMatchObject([4, { totalBlockPairs: 3, totalTasks: 4 }]);
    const compared = given(hashed).when(found(3), found(0), found(1), found(2));
    expect([progressOf(compared).completedBlockPairs, missingVerifications(compared)]).toEqual([3, [0, 1, 2, 3]]);
    const nothing = given(hashed).when(pairBatchDone(3, { equalPairs: 0 }), found(0), found(1), found(2));
    expect(missingVerifications(nothing)).toEqual([0, 1, 2]);
  });

  it("has a window of its own", () => {
    const job = given(verifying({ batchSize: 1 })).when(found(0), found(1), found(2));
    expect(missingVerifications(job)).toEqual([0]);
    expect(missingVerifications(given(job).when(verifyDone(0)))).toEqual([1]);
  });

  it("ends without the pairs of a comparison in quarantine, and without those that nobody could verify", () => {
    const job = given(verifying()).when(found(0), taskQuarantined("compare", 1), found(2));
    expect(missingVerifications(job)).toEqual([0, 2]);
    const ended = given(job).when(verifyDone(2), taskQuarantined("verify", 0));
    expect([ended.state, progressOf(ended).quarantinedTasks]).toEqual(["finalizing", 2]);
  });

  it("does a redriven comparison's verification after it, and a redriven verification at once", () => {
    const ended = given(verifying()).when(
      ...[found(0), found(2), taskQuarantined("compare", 1), taskQuarantined("verify", 2), verifyDone(0)],
      jobFinalized(1),
    );
    const redriven = given(ended).when(jobRedriven(2, [1]));
    expect([redriven.state, missingTasks(redriven)]).toEqual(["running", [{ kind: "compare", task: 1 }]]);
    expect(missingVerifications(given(redriven).when(found(1)))).toEqual([1]);
    expect(given(redriven).when(found(1), verifyDone(1)).state).toBe("finalizing");
    const again = given(ended).when(jobRedriven(2, [2], "verify"));
    expect(missingTasks(again)).toEqual([{ kind: "verify", task: 2 }]);
    expect(given(again).when(verifyDone(2)).state).toBe("finalizing");
  });
});

describe("any order of events, each delivered once or more", () => {
  const blocks = 4;
  const scenario = fc.record({
    options: fc.record({
      pairsPerTask: fc.integer({ min: 1, max: 4 }),
      batchSize: fc.integer({ min: 1, max: 5 }),
      dispatch: fc.constantFrom(...Dispatch.options),
    }),
    verification: fc.boolean(),
    seed: fc.nat(),
  });

  it("ends in the same job, never goes backwards, and finalizes exactly once", () => {
    fc.assert(
      fc.property(scenario, ({ options, verification, seed }) => {
        let random = seed;
        const pick = (below: number): number => {
          random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 1;
          return (random >>> 8) % below;
        };
        let job = given(anAcceptedJob(options)).when(
          listingDone(blocks, verification ? { verification, candidates: { tileBlocks: 3 } } : {}),
        );
        let finalizes = 0;
        const delivered: JobEvent[] = [];
        for (let step = 0; job.state === "running"; step += 1) {
          expect(step).toBeLessThan(1_000);
          const open: JobEvent[] = [];
          for (let unit = 0; unit < job.hash.cursor; unit += 1) open.push(hashDone(unit));
          for (let unit = 0; unit < job.compare.cursor; unit += 1)
            open.push(pairBatchDone(unit, { edgeCount: unit % 2, equalPairs: 0 }));
          for (let unit = 0; unit < job.verify.cursor; unit += 1)
            if (has(job.compare.done, unit)) open.push(verifyDone(unit));
          // One event in four is an old one that is delivered again.
          const keyOf = ({ type, body }: JobEvent): string => JSON.stringify([type, body]);
          const seen = new Set(delivered.map(keyOf));
          const fresh = open.filter((event) => !seen.has(keyOf(event)));
          const source = fresh.length === 0 || (delivered.length > 0 && pick(4) === 0) ? delivered : fresh;
          const event = source[pick(source.length)] ?? hashDone(0);
          delivered.push(event);
          const before = progressOf(job);
          job = evolve(job, event);
          for (const decision of decide(job, true)) {
            if (decision.type === "finalize") finalizes += 1;
            job = enact(job, decision);
          }
          const after = progressOf(job);
          expect(after.completedImages).toBeGreaterThanOrEqual(before.completedImages);
          expect(after.completedBlockPairs).toBeGreaterThanOrEqual(before.completedBlockPairs);
          expect(after.completedVerifyTasks).toBeGreaterThanOrEqual(before.completedVerifyTasks);
          for (const kind of ["hash", "verify"] as const)
            expect(outstanding(workOf(job, kind))).toBeLessThanOrEqual(options.batchSize);
        }
        expect(finalizes).toBe(1);
        expect(size(job.verify.done)).toBe(job.verify.count);
        expect([size(job.hash.done), job.hashedImages, progressOf(job).completedBlockPairs]).toEqual([
          blocks,
          blocks * BLOCK,
          10,
        ]);
      }),
    );
  });
});
