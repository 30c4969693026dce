// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { describe, expect, it } from "vitest";
import { decide } from "../decide.ts";
import { anAcceptedJob, given, listingDone, pairBatchDone } from "../job.fixtures.ts";
import type { Job } from "../job.ts";
import type { Dispatch } from "./modes.ts";

describe("dispatch", () => {
  const hashed = (dispatch: Dispatch, batchSize: number): Job =>
    given(anAcceptedJob({ pairsPerTask: 1, batchSize, dispatch })).when(
      listingDone(4, { hashedBlocks: Uint8Array.of(0b1111), hashedImages: 40 }),
    );

  it("window: keeps batchSize outstanding, refilled with every result", () => {
    const job = hashed("window", 3);
    expect(job.compare.cursor).toBe(3);
    expect(given(job).when(pairBatchDone(1)).compare.cursor).toBe(4);
  });

  it("waves: the next wave waits for the last task of the one before", () => {
    const job = given(hashed("waves", 3)).when(pairBatchDone(0), pairBatchDone(1));
    expect(job.compare.cursor).toBe(3);
    expect(given(job).when(pairBatchDone(2)).compare.cursor).toBe(6);
  });

  it("all: everything at once, and only the completion monitor ends the job", () => {
    const job = hashed("all", 3);
    expect(job.compare.cursor).toBe(10);
    const done = given(job).when(...Array.from({ length: 10 }, (_, task) => pairBatchDone(task)));
    expect(done.state).toBe("running");
    expect(decide(done, true)).toEqual([{ type: "finalize", run: 1 }]);
  });
});
