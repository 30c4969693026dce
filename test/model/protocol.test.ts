import { describe, expect, it } from "vitest";
import { explore } from "./explore.ts";
import { BROKEN, protocolModel } from "./protocol.ts";
import type { Rules } from "./rules.ts";
import type { Sizes, World } from "./world.ts";

/** A job of one block and one comparison, of which nothing fails. */
const SOUND: Sizes = {
  blocks: 1,
  pairsPerTask: 1,
  verifies: false,
  window: 2,
  maxAttempts: 2,
  faults: 0,
  commands: 0,
  requests: 0,
  failures: 0,
  rewinds: 0,
  splitsRounds: false,
};

const of = (sizes: Partial<Sizes>, rules?: Partial<Rules>) => explore(protocolModel({ ...SOUND, ...sizes }, rules));

/** Whether some world that can be reached is like this. */
const isReachable = (sizes: Partial<Sizes>, condition: (world: World) => boolean): boolean => {
  const model = protocolModel({ ...SOUND, ...sizes });
  return explore({ ...model, fault: (world) => (condition(world) ? "reached" : null) }).violation !== null;
};

describe("the protocol ends in every world that can be reached, with one result for each run, where", () => {
  it.each<[string, Partial<Sizes>]>([
    ["nothing fails", {}],
    ["infrastructure fails twice", { faults: 2 }],
    ["a standby takes over that lacks the last commits", { rewinds: 1 }],
    ["it fails once, and the owner sends a command", { faults: 1, commands: 1 }],
    ["it fails once, and work fails once", { faults: 1, failures: 1 }],
    ["work fails three times", { failures: 3 }],
    ["the owner sends two commands", { commands: 2 }],
    ["an operator requests two things of it", { requests: 2 }],
    ["it fails once, and an operator requests something", { faults: 1, requests: 1 }],
    ["work fails until it is in quarantine, and an operator requests something", { failures: 2, requests: 1 }],
    ["pairs are verified, and infrastructure fails once", { verifies: true, faults: 1 }],
    [
      "pairs are verified, work fails until it is in quarantine, and an operator requests something",
      { verifies: true, failures: 2, requests: 1 },
    ],
  ])("%s", (_name, sizes) => {
    expect(of(sizes).violation).toBeNull();
  });
});

it("the model reaches what it is about: quarantine, a next run, a failed listing", () => {
  expect(isReachable({ failures: 2 }, ({ job }) => job.compare.quarantined.some((byte) => byte > 0))).toBe(true);
  expect(isReachable({ failures: 2 }, ({ job }) => job.state === "failed")).toBe(true);
  expect(isReachable({ faults: 1 }, ({ job }) => job.state === "completed" && job.run === 2)).toBe(true);
  const verified = { verifies: true, failures: 2, requests: 1 };
  expect(isReachable(verified, ({ job }) => job.verify.quarantined.some((byte) => byte > 0))).toBe(true);
  // A comparison that left quarantine after the cursor had passed its verification.
  expect(isReachable(verified, ({ job }) => job.run === 2 && job.verify.done.some((byte) => byte > 0))).toBe(true);
});

describe("the model finds, each for its own reason", () => {
  const found = (broken: keyof typeof BROKEN, sizes: Partial<Sizes>) => {
    const { violation } = of(sizes, BROKEN[broken]);
    return { reason: violation?.reason ?? "none", trace: violation?.trace.join("\n") ?? "" };
  };

  it("a reconciler that leaves a job alone that is finalizing", () => {
    const { reason, trace } = found("reconciler", { faults: 1 });
    expect(reason).toBe("no final state can be reached without a hand");
    expect(trace).toMatch(/^the stream finalize is lost$|another message is in the place of the order/m);
  });

  it("an outbox that publishes each event once", () => {
    const { reason, trace } = found("outbox", { faults: 1 });
    expect(reason).toBe("no final state can be reached without a hand");
    expect(trace).toMatch(/^the stream events is lost$/m);
  });

  it("lost messages that count as failed work", () => {
    const { reason, trace } = found("attempts", { faults: 2 });
    expect(reason).toMatch(/^the job failed, and its listing has not$|is quarantined, and failed 0 times$/);
    expect(trace).toMatch(/is lost$/m);
  });

  it("results without a natural key", () => {
    const { reason, trace } = found("natural-keys", { faults: 1 });
    expect(reason).toBe("two results of run 1");
    expect(trace).toMatch(/finalize:1 is handled, then its process dies before the ack/);
  });

  it("a relay that publishes in any order, and does not say in which", () => {
    const { reason } = found("order", { commands: 2 });
    expect(reason).toMatch(/^the last command is job-(?:paused|resumed), and the job is/);
  });

  it("lost events that are published with the id that the stream has", () => {
    const { reason, trace } = found("ids", { rewinds: 1 });
    expect(reason).toBe("no final state can be reached without a hand");
    expect(trace).toMatch(/the standby takes over$/);
  });

  it("an order that is carried out in a database that does not know its work", () => {
    const { reason, trace } = found("early-orders", { rewinds: 1 });
    expect(reason).toBe("no final state can be reached without a hand");
    expect(trace).toMatch(/the standby takes over\n.*finalize:1 is handled$/);
  });

  it("an event about a result that the database has lost", () => {
    const { reason, trace } = found("lost-results", { rewinds: 1 });
    expect(reason).toBe("completed without a result of run 1");
    expect(trace).toMatch(/the standby takes over\n.*job-finalized:1 is handled$/);
  });
});
