import { describe, expect, it } from "vitest";
import { anAcceptedJob, given, listingDone } from "../domain/job/job.fixtures.ts";
import type { Job } from "../domain/job/job.ts";
import { Task } from "../domain/job/task.ts";
import { finalizeMessage, jobCommand, jobEvent, resultEvent, taskMessage } from "./messages.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const accepted: Job = { ...anAcceptedJob({ pairsPerTask: 50 }), traceparent: TRACEPARENT };
const running = given(accepted).when(listingDone(4));
const addressed = ({ eventId, stream, subject }: { eventId: string; stream: string; subject: string }) =>
  [eventId, stream, subject] as const;

describe("a message about a job", () => {
  it("has, for a task, the id of its attempt and a subject without it", () => {
    expect(addressed(taskMessage(accepted, "scan", 0, 0))).toEqual([
      "job-1:scan:0:a0",
      "LOOKALIKE_TASKS",
      "lookalike.task.scan.interactive.06.acme.job-1",
    ]);
    expect(addressed(taskMessage({ ...running, images: 10_001 }, "compare", 3, 2))).toEqual([
      "job-1:compare:3:a2",
      "LOOKALIKE_TASKS",
      "lookalike.task.compare.bulk.06.acme.job-1",
    ]);
  });

  it("carries, for a task, the fields that workers of the last version require", () => {
    const fields = { v: 1, tenant: "acme", job: "job-1", run: 1, attempt: 0, traceparent: TRACEPARENT };
    expect(taskMessage(accepted, "scan", 0, 0).body).toEqual({
      ...fields,
      kind: "scan",
      catalog: "catalog-1",
      task: 0,
      blockSize: null,
      hashBits: null,
      radiusBits: null,
      plan: null,
    });
    const planned = { ...fields, catalog: "catalog-1", blockSize: 10, hashBits: 256, radiusBits: 32 };
    expect(taskMessage(running, "hash", 3, 0).body).toEqual({ ...planned, kind: "hash", task: 3, plan: null });
    expect(taskMessage(running, "compare", 0, 0).body).toEqual({
      ...planned,
      kind: "compare",
      task: 0,
      plan: { firstBlock: 0, blocks: 4, pairsPerTask: 50, index: null },
    });
  });

  it("has, for a result, the id of the attempt that found it", () => {
    const hash = Task.parse({ ...taskMessage(running, "hash", 3, 1).body, traceparent: undefined });
    const quarantined = resultEvent(hash, "listing-failed", { detail: "x", missingImages: null });
    expect(addressed(quarantined)).toEqual([
      "job-1:hash:3:a1:listing-failed",
      "LOOKALIKE_EVENTS",
      "lookalike.event.06.acme.job-1.listing-failed",
    ]);
    expect(quarantined.body).toMatchObject({ v: 1, type: "listing-failed", attempt: 1, run: 1, body: { detail: "x" } });
    expect(quarantined.body).not.toHaveProperty("traceparent");
    const scan = Task.parse(taskMessage(accepted, "scan", 0, 0).body);
    const listed = resultEvent(scan, "images-vanished", { ordinals: [4, 5] }, "4-5-2");
    expect(listed.eventId).toBe("job-1:scan:0:a0:images-vanished:4-5-2");
    expect(listed.body).toMatchObject({ traceparent: TRACEPARENT });
    expect(resultEvent(scan, "listing-failed", { detail: "", missingImages: null }, "").eventId).toBe(
      "job-1:scan:0:a0:listing-failed:",
    );
  });

  it("has, for an event of the job, the id of its occasion", () => {
    expect(addressed(jobEvent({ ...running, run: 2 }, "job-finalized", 2, { groups: 0, groupedImages: 0 }))).toEqual([
      "job-1:job-finalized:2",
      "LOOKALIKE_EVENTS",
      "lookalike.event.06.acme.job-1.job-finalized",
    ]);
    const quarantined = jobEvent(running, "task-quarantined", "compare:0:a2", {
      kind: "compare",
      task: 0,
      images: 0,
      reason: "crash",
    });
    expect(quarantined.eventId).toBe("job-1:task-quarantined:compare:0:a2");
    expect(jobCommand("pause", running).eventId).toMatch(/^job-1:job-paused:[0-9a-f-]{36}$/);
    expect(jobCommand("cancel", running).subject).toBe("lookalike.event.06.acme.job-1.job-cancelled");
  });

  it("has, for the order to group, the id of its run in a subject of its own", () => {
    const order = finalizeMessage({ ...running, run: 2 });
    expect(addressed(order)).toEqual(["job-1:finalize:2", "LOOKALIKE_FINALIZE", "lookalike.finalize.06.acme.job-1.2"]);
    expect(order.body).toEqual({
      v: 1,
      type: "finalize",
      eventId: "job-1:finalize:2",
      tenant: "acme",
      job: "job-1",
      run: 2,
      attempt: 0,
      traceparent: TRACEPARENT,
      at: expect.stringMatching(/Z$/),
      catalog: "catalog-1",
    });
  });
});
