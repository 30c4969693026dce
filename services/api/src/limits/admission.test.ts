import { describe, expect, it, vi } from "vitest";
import { createAdmission, NotAdmitted } from "./admission.ts";
import { WAITING_PER_PLACE } from "./limits.ts";

const LIMIT = { perKey: 2, perTenant: 3, inAll: 4, waitSeconds: 10 };
const GONE = new AbortController().signal;
const sender = (key: string) => ({ key, tenant: key.slice(0, 1) });

/** Enters for each key, and records the order of the turns. */
const enterAll = (keys: readonly string[], limit = LIMIT) => {
  const admission = createAdmission(limit);
  const started: string[] = [];
  const turns = keys.map((key, at) =>
    admission.enter(sender(key), GONE).then((end) => {
      started.push(`${at} ${key}`);
      return end;
    }),
  );
  // A test that is over leaves some waiting, which are refused while another one runs.
  for (const turn of turns) turn.catch(() => undefined);
  return { admission, started, turns };
};
const settle = () => new Promise((resolve) => setImmediate(resolve));
const endOf = async (turn: Promise<() => void> | undefined): Promise<void> => (await turn)?.();

describe("requests of one kind", () => {
  it("start at once up to the numbers of a key, a tenant and all, and wait above them", async () => {
    const { started, turns } = enterAll(["a1", "a1", "a1", "a2", "a2", "b1", "b1"]);
    await settle();
    expect(started).toEqual(["0 a1", "1 a1", "3 a2", "5 b1"]);
    for (const turn of [0, 1, 3, 5, 2, 4, 6]) await endOf(turns[turn]);
  });

  it("are passed by those of other tenants while they wait for their own", async () => {
    const { started, turns } = enterAll(["a1", "a1", "a1", "b1", "b1", "c1"]);
    await settle();
    expect(started).toEqual(["0 a1", "1 a1", "3 b1", "4 b1"]);
    await endOf(turns[3]);
    await settle();
    expect(started.at(-1)).toBe("5 c1");
    await endOf(turns[0]);
    await settle();
    expect(started.at(-1)).toBe("2 a1");
  });

  it("are refused at once where too many wait, by the number that is reached", async () => {
    const { admission, turns } = enterAll(Array<string>(2 + 2 * WAITING_PER_PLACE).fill("a1"));
    await expect(admission.enter(sender("a1"), GONE)).rejects.toMatchObject({ full: "perKey" });
    await expect(admission.enter(sender("b1"), GONE)).resolves.toBeTypeOf("function");
    const impatient = createAdmission({ ...LIMIT, waitSeconds: 0 });
    for (const key of ["a1", "a1", "a2", "b1"]) await impatient.enter(sender(key), GONE);
    await expect(impatient.enter(sender("c1"), GONE)).rejects.toMatchObject({ full: "inAll" });
    await expect(impatient.enter(sender("a1"), GONE)).rejects.toMatchObject({ full: "perKey" });
    for (const turn of turns) await endOf(turn);
  });

  it("do not wait longer than their time, or than their client", async () => {
    vi.useFakeTimers();
    try {
      const { admission } = enterAll(["a1", "a1"]);
      const late = admission.enter(sender("a1"), GONE);
      const refused = expect(late).rejects.toThrow(NotAdmitted);
      await vi.advanceTimersByTimeAsync(10_000);
      await refused;
      const client = new AbortController();
      const gone = admission.enter(sender("a1"), client.signal);
      const left = expect(gone).rejects.toThrow(NotAdmitted);
      client.abort();
      await left;
      expect(admission.inProgress()).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("leave nothing behind when all are over", async () => {
    const { admission, turns, started } = enterAll(["a1", "a1", "a1", "a2", "b1", "b2", "c1"]);
    for (const turn of turns) await endOf(turn);
    expect([started.length, admission.inProgress()]).toEqual([7, 0]);
    const leave = admission.occupy(sender("a1"));
    expect(admission.inProgress()).toBe(1);
    leave();
    expect(admission.inProgress()).toBe(0);
  });
});
