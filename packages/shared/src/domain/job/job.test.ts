import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptySet, size } from "../primitives/bit-set.ts";
import { decide, enact, isComplete } from "./decide.ts";
import type { EventOf, JobEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { acceptedJob, type Job, listed, outstanding } from "./job.ts";
import { Dispatch, JobOptions } from "./options.ts";
import { progressOf } from "./progress.ts";

const origin = {
  v: 1 as const,
  eventId: "",
  tenant: "acme",
  job: "job-1",
  run: 1,
  attempt: 0,
  at: "2026-01-01T00:00:00.000Z",
};
const BLOCK = 10;

const accepted = (options: Partial<JobOptions> = {}): Job =>
  acceptedJob({
    ...origin,
    body: {
      catalog: { id: "catalog-1", name: "photos", source: { kind: "hashes", file: "/f" } },
      mode: "new",
      options: JobOptions.parse(options),
    },
  });
const listingDone = (blocks: number, more: Partial<EventOf<"listing-done">["body"]> = {}): JobEvent => ({
  ...origin,
  type: "listing-done",
  body: {
    images: blocks * BLOCK,
    blockSize: BLOCK,
    blocks,
    hashBits: 256,
    hashedBlocks: emptySet(0),
    hashedImages: 0,
    failedImages: 0,
    base: null,
    index: null,
    kernelReason: "",
    ...more,
  },
});
const hashDone = (block: number): JobEvent => ({
  ...origin,
  type: "hash-done",
  body: {
    block,
    states: new Uint8Array(BLOCK).fill(1),
    hashes: new Uint8Array(0),
    signatures: new Uint8Array(0),
    contentDigests: new Uint8Array(0),
    details: [],
    digest: "",
  },
});
const pairBatchDone = (task: number): JobEvent => ({
  ...origin,
  type: "pair-batch-done",
  body: { task, comparisons: 0, edgeCount: 0, edges: new Uint8Array(0), digest: "", kernel: "", milliseconds: 0 },
});
const quarantined = (kind: "hash" | "compare", task: number): JobEvent => ({
  ...origin,
  type: "task-quarantined",
  body: { kind, task, images: kind === "hash" ? BLOCK : 0, reason: "crash" },
});

const finalized = (run: number): JobEvent => ({
  ...origin,
  run,
  type: "job-finalized",
  body: { groups: 0, groupedImages: 0 },
});
const redriven = (run: number, tasks: readonly number[]): JobEvent => ({
  ...origin,
  run,
  type: "job-redriven",
  body: { tasks: tasks.map((task) => ({ task, attempt: 3 })) },
});

/** given(job).when(events).then(job), with every decision carried out after each event. */
const live = (job: Job, events: readonly JobEvent[]): Job =>
  events.reduce((state, event) => settle(evolve(state, event)), settle(job));
const settle = (job: Job): Job => decide(job).reduce(enact, job);

describe("a job", () => {
  it("lists first, and plans when the listing is done", () => {
    const job = live(accepted({ pairsPerTask: 2 }), []);
    expect(job.state).toBe("listing");
    const running = live(job, [listingDone(3)]);
    expect([running.state, running.hash.count, running.compare.count]).toEqual(["running", 3, 3]);
    expect(listed(running)).toMatchObject({ thresholdBits: 20, radiusBits: 32 });
  });

  it("hands out comparing while hashing still runs, in the order of the columns", () => {
    const job = live(accepted({ pairsPerTask: 1 }), [listingDone(3), hashDone(1), hashDone(0)]);
    expect(job.hash.cursor).toBe(3);
    // Blocks 0 and 1 hold pairs 0, 1 and 2.
    expect(job.compare.cursor).toBe(3);
    expect(progressOf(job).phase).toBe("hashing");
  });

  it("finalizes once, when the last task arrives, also when it arrives twice", () => {
    let job = live(accepted({ pairsPerTask: 50 }), [listingDone(2), hashDone(0), hashDone(1)]);
    expect(isComplete(job)).toBe(false);
    job = evolve(job, pairBatchDone(0));
    expect(decide(job)).toEqual([{ type: "finalize", run: 1 }]);
    job = settle(job);
    expect(job.state).toBe("finalizing");
    expect(decide(evolve(job, pairBatchDone(0)))).toEqual([]);
  });

  it("is complete at once when nothing is left to hash or to compare", () => {
    const job = live(accepted(), [
      listingDone(2, { hashedBlocks: Uint8Array.of(0b11), hashedImages: 20, base: { job: "job-0", blocks: 2 } }),
    ]);
    expect(job.state).toBe("finalizing");
    expect(progressOf(job)).toMatchObject({ totalBlockPairs: 0, totalTasks: 0, completedImages: 20 });
  });

  it("compares only the new columns of a grown catalog, and hashes only the new blocks", () => {
    const job = live(accepted({ pairsPerTask: 1 }), [
      listingDone(4, { hashedBlocks: Uint8Array.of(0b111), hashedImages: 30, base: { job: "job-0", blocks: 3 } }),
    ]);
    expect(progressOf(job)).toMatchObject({ totalBlockPairs: 4, completedBlocks: 3 });
    expect(outstanding(job.hash)).toBe(1);
  });

  it("counts a quarantined task as its end", () => {
    const job = live(accepted(), [listingDone(1), hashDone(0), quarantined("compare", 0)]);
    expect(job.state).toBe("finalizing");
  });

  it("takes a comparison back from quarantine when its result comes after all, but not a block: others compared without it", () => {
    const compared = live(accepted({ pairsPerTask: 1 }), [listingDone(2), hashDone(0), quarantined("compare", 0)]);
    expect(progressOf(evolve(compared, pairBatchDone(0)))).toMatchObject({ completedTasks: 1, quarantinedTasks: 0 });
    const hashed = live(accepted(), [listingDone(2), quarantined("hash", 0)]);
    expect(progressOf(hashed)).toMatchObject({ failedImages: 10, quarantinedTasks: 1 });
    expect(evolve(hashed, hashDone(0))).toBe(hashed);
  });

  it("is opened again as its next run, once, and a late end of the run before does not close it", () => {
    const ended = live(accepted({ pairsPerTask: 1 }), [
      listingDone(1),
      quarantined("compare", 0),
      hashDone(0),
      finalized(1),
    ]);
    expect([ended.state, ended.run]).toEqual(["completed", 1]);
    const again = live(ended, [redriven(2, [0])]);
    expect([again.state, again.run, size(again.compare.quarantined)]).toEqual(["running", 2, 0]);
    expect(live(again, [redriven(2, [0]), finalized(1)])).toEqual(again);
    const done = live(again, [pairBatchDone(0)]);
    expect([done.state, done.run]).toEqual(["finalizing", 2]);
    expect(live(done, [finalized(2), redriven(2, [0])]).state).toBe("completed");
  });

  it("goes on with redriven tasks while it runs, and a cancelled one stays over", () => {
    const running = live(accepted({ pairsPerTask: 1 }), [listingDone(2), hashDone(0), quarantined("compare", 0)]);
    expect(size(evolve(running, redriven(1, [0])).compare.quarantined)).toBe(0);
    const cancelled = live(running, [{ ...origin, type: "job-cancelled", body: {} }]);
    expect(evolve(cancelled, redriven(2, [0]))).toBe(cancelled);
  });

  it("hands nothing out while paused, and goes on where it was", () => {
    const paused = live(accepted({ batchSize: 1 }), [
      listingDone(2),
      { ...origin, type: "job-paused", body: {} },
      hashDone(0),
    ]);
    expect(paused.hash.cursor).toBe(1);
    expect(live(paused, [{ ...origin, type: "job-resumed", body: {} }]).hash.cursor).toBe(2);
  });

  it("ignores results that come after it was cancelled", () => {
    const cancelled = live(accepted(), [listingDone(2), { ...origin, type: "job-cancelled", body: {} }]);
    expect(evolve(cancelled, hashDone(0))).toBe(cancelled);
    expect(decide(cancelled)).toEqual([]);
  });
});

describe("dispatch", () => {
  const hashed = (dispatch: Dispatch, batchSize: number): Job =>
    live(accepted({ pairsPerTask: 1, batchSize, dispatch }), [
      listingDone(4, { hashedBlocks: Uint8Array.of(0b1111), hashedImages: 40 }),
    ]);

  it("window: keeps batchSize outstanding, refilled with every result", () => {
    const job = hashed("window", 3);
    expect(job.compare.cursor).toBe(3);
    expect(live(job, [pairBatchDone(1)]).compare.cursor).toBe(4);
  });

  it("waves: the next wave waits for the last task of the one before", () => {
    const job = live(hashed("waves", 3), [pairBatchDone(0), pairBatchDone(1)]);
    expect(job.compare.cursor).toBe(3);
    expect(live(job, [pairBatchDone(2)]).compare.cursor).toBe(6);
  });

  it("all: everything at once, and only the completion monitor ends the job", () => {
    const job = hashed("all", 3);
    expect(job.compare.cursor).toBe(10);
    const done = live(
      job,
      Array.from({ length: 10 }, (_, task) => pairBatchDone(task)),
    );
    expect(done.state).toBe("running");
    expect(decide(done, true)).toEqual([{ type: "finalize", run: 1 }]);
  });
});

describe("any order of events, each told once or more", () => {
  const blocks = 4;
  const scenario = fc.record({
    options: fc.record({
      pairsPerTask: fc.integer({ min: 1, max: 4 }),
      batchSize: fc.integer({ min: 1, max: 5 }),
      dispatch: fc.constantFrom(...Dispatch.options),
    }),
    seed: fc.nat(),
  });

  it("ends in the same job, never goes backwards, and finalizes exactly once", () => {
    fc.assert(
      fc.property(scenario, ({ options, seed }) => {
        let random = seed;
        const pick = (below: number): number => {
          random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 1;
          return (random >>> 8) % below;
        };
        let job = live(accepted(options), [listingDone(blocks)]);
        let finalizes = 0;
        const delivered: JobEvent[] = [];
        for (let step = 0; job.state === "running"; step += 1) {
          expect(step).toBeLessThan(1_000);
          const open: JobEvent[] = [];
          for (let unit = 0; unit < job.hash.cursor; unit += 1) open.push(hashDone(unit));
          for (let unit = 0; unit < job.compare.cursor; unit += 1) open.push(pairBatchDone(unit));
          // One event in four is an old one, told again.
          const told = new Set(delivered.map((event) => JSON.stringify(event.body)));
          const fresh = open.filter((event) => !told.has(JSON.stringify(event.body)));
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
          expect(outstanding(job.hash)).toBeLessThanOrEqual(options.batchSize);
        }
        expect(finalizes).toBe(1);
        expect([size(job.hash.done), job.hashedImages, progressOf(job).completedBlockPairs]).toEqual([
          blocks,
          blocks * BLOCK,
          10,
        ]);
      }),
    );
  });
});
