import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { creditOf, fairWindow } from "./fair-window.ts";

interface Running {
  readonly tenant: string;
  readonly window: number;
  left: number;
  outstanding: number;
  done: number;
  /** Tasks of all jobs that were done when its last one was. */
  endedAt: number;
}

const jobOf = (tenant: string, window: number, tasks: number): Running => ({
  tenant,
  window,
  left: tasks,
  outstanding: 0,
  done: 0,
  endedAt: 0,
});

/** Workers take tasks in the order of the queue; each result lets its own job dispatch. */
const simulate = (credit: number) => {
  const jobs: Running[] = [];
  const queue: Running[] = [];
  let done = 0;
  const dispatch = (job: Running): void => {
    const running = jobs.filter(({ left, outstanding }) => left + outstanding > 0);
    const sharers = {
      tenants: new Set(running.map(({ tenant }) => tenant)).size,
      tenantWindows: running.filter(({ tenant }) => tenant === job.tenant).reduce((sum, { window }) => sum + window, 0),
    };
    const window = fairWindow(job.window, credit, sharers);
    while (job.left > 0 && job.outstanding < window) {
      job.left -= 1;
      job.outstanding += 1;
      queue.push(job);
    }
  };
  return {
    start(...started: readonly Running[]) {
      jobs.push(...started);
      for (const job of started) dispatch(job);
    },
    /** Does the next tasks of the queue. */
    work(tasks: number) {
      for (let next = 0; next < tasks; next += 1) {
        const job = queue.shift();
        if (job === undefined) return;
        done += 1;
        job.done += 1;
        job.outstanding -= 1;
        job.endedAt = done;
        dispatch(job);
      }
    },
    queued: (): number => queue.length,
  };
};

describe("a job's window", () => {
  it("is its own where it is alone, and never nothing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.nat(500),
        fc.integer({ min: 1, max: 50 }),
        (window, slots, tenants) => {
          const credit = creditOf(slots);
          expect(fairWindow(window, credit, { tenants: 1, tenantWindows: window })).toBe(Math.min(window, credit));
          const shared = fairWindow(window, credit, { tenants, tenantWindows: window * 40 });
          expect(shared).toBeGreaterThanOrEqual(1);
          expect(shared).toBeLessThanOrEqual(Math.max(1, credit / tenants / 40));
        },
      ),
    );
  });

  it("keeps the queue as long as the credit, or one task for each job", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 80 }), (windows) => {
        const credit = 100;
        const system = simulate(credit);
        for (const [index, window] of windows.entries()) system.start(jobOf(`${index % 3}`, window, 1_000));
        // What was dispatched while there were fewer jobs is done first.
        system.work(400);
        expect(system.queued()).toBeLessThanOrEqual(Math.max(credit, windows.length) + windows.length);
      }),
    );
  });

  it("gives each tenant the same part of the workers, whatever the number of its jobs, and each of its jobs by its window", () => {
    const system = simulate(120);
    const many = Array.from({ length: 20 }, () => jobOf("many", 100, 100_000));
    const one = jobOf("one", 100, 100_000);
    const [large, small] = [jobOf("weighted", 90, 100_000), jobOf("weighted", 30, 100_000)];
    system.start(...many, one, large, small);
    system.work(12_000);
    const ofMany = many.reduce((sum, job) => sum + job.done, 0);
    for (const part of [ofMany, one.done, large.done + small.done]) expect(part / 12_000).toBeCloseTo(1 / 3, 1);
    expect(large.done / small.done).toBeCloseTo(3, 0);
    for (const job of many) expect(job.done / ofMany).toBeCloseTo(1 / 20, 2);
  });

  it("lets a job that comes last start after the queue, not after the others' jobs", () => {
    const system = simulate(100);
    system.start(...Array.from({ length: 60 }, (_, index) => jobOf(`tenant-${index % 5}`, 100, 65)));
    system.work(500);
    const late = jobOf("late", 100, 10);
    system.start(late);
    const queued = system.queued();
    system.work(queued);
    expect(queued).toBeLessThanOrEqual(200);
    expect(late.done).toBe(10);
    expect(late.endedAt).toBeLessThanOrEqual(700);
  });
});
