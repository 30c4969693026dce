import { describe, expect, it } from "vitest";
import { emptySet } from "../primitives/bit-set.ts";
import type { JobEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { acceptedJob } from "./job.ts";
import { JobOptions } from "./options.ts";
import { outsidePlan } from "./outside-plan.ts";

const origin = { v: 1, eventId: "", tenant: "acme", job: "job-1", run: 1, attempt: 0, at: "2026-01-01T00:00:00.000Z" };
const event = (type: JobEvent["type"], body: object): JobEvent => ({ ...origin, type, body }) as JobEvent;
const listingDone = (blocks: number): JobEvent =>
  event("listing-done", {
    images: 20,
    blockSize: 10,
    blocks,
    hashBits: 256,
    hashedBlocks: emptySet(0),
    hashedImages: 0,
    failedImages: 0,
    base: null,
    index: null,
    kernelReason: "",
  });
const accepted = acceptedJob({
  ...origin,
  body: {
    catalog: { id: "catalog-1", name: "photos", source: { kind: "hashes", file: "/f" } },
    mode: "new",
    options: JobOptions.parse({ pairsPerTask: 1 }),
  },
});
/** Two blocks, three comparison tasks. */
const running = evolve(accepted, listingDone(2));

describe("an event whose numbers do not fit the plan of its job", () => {
  it("is named with its number and the plan's: it would be a RangeError in the fold", () => {
    expect(outsidePlan(running, event("hash-done", { block: 1 }))).toBeNull();
    expect(outsidePlan(running, event("hash-done", { block: 2 }))).toBe("hash task 2 of a job that has 2");
    expect(outsidePlan(running, event("pair-batch-done", { task: 2 }))).toBeNull();
    expect(outsidePlan(running, event("pair-batch-done", { task: 2 ** 40 }))).toBe(
      `compare task ${2 ** 40} of a job that has 3`,
    );
    expect(outsidePlan(running, event("task-quarantined", { kind: "compare", task: 3 }))).toBe(
      "compare task 3 of a job that has 3",
    );
  });

  it("is ignored as any other event where the job does not run", () => {
    expect(outsidePlan(accepted, event("hash-done", { block: 7 }))).toBeNull();
  });

  it("is a listing of more tasks than can be counted", () => {
    expect(outsidePlan(accepted, listingDone(1_000))).toBeNull();
    expect(outsidePlan(accepted, listingDone(100_000))).toMatch(/^a plan of 5000050000 blocks or tasks/);
    expect(outsidePlan(accepted, listingDone(2 ** 50))).not.toBeNull();
  });
});
