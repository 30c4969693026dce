import { expect, it } from "vitest";
import { FairTurns, type Turner } from "./fair-turns.ts";

/** Listings that need as many turns, in a process that works on some of them at once; when each is done, by the turns of all. */
const doneAfter = async (
  listings: readonly { tenant: string; needs: number; from?: number }[],
  limits = { turns: 1, turnsPerTenant: 1 },
): Promise<number[]> => {
  const turns = new FairTurns(limits);
  let clock = 0;
  const begun: (() => void)[] = [];
  const done = listings.map(async ({ tenant, needs, from = 0 }) => {
    if (from > 0) await new Promise<void>((begin) => begun.push(begin));
    const turner: Turner = { tenant, turns: 0 };
    for (let turn = 0; turn < needs; turn += 1)
      await turns.run(turner, async () => {
        clock += 1;
        if (listings.some((listing) => listing.from === clock)) begun.shift()?.();
        await Promise.resolve();
      });
    return clock;
  });
  return Promise.all(done);
};

it("a small listing of the same tenant is done after a few turns, however many large ones there are", async () => {
  const large = Array.from({ length: 60 }, () => ({ tenant: "a", needs: 20 }));
  const done = await doneAfter([...large, { tenant: "a", needs: 3, from: 300 }]);
  expect(done.at(-1)).toBeLessThan(320);
});

it("another tenant's large listing gets at least every third turn", async () => {
  const large = Array.from({ length: 60 }, () => ({ tenant: "a", needs: 20 }));
  const done = await doneAfter([...large, { tenant: "b", needs: 20, from: 100 }]);
  expect(done.at(-1)).toBeLessThanOrEqual(160);
});

it("many small listings do not stop the large one of another tenant, nor their own tenant's for ever", async () => {
  const small = Array.from({ length: 200 }, () => ({ tenant: "a", needs: 1 }));
  const done = await doneAfter([{ tenant: "b", needs: 20 }, { tenant: "a", needs: 20 }, ...small]);
  expect(done[0]).toBeLessThanOrEqual(60);
  expect(done[1]).toBe(240);
});

it("turns that never end leave other tenants room", async () => {
  const turns = new FairTurns({ turns: 4, turnsPerTenant: 2 });
  const never = () => new Promise<void>(() => undefined);
  for (let at = 0; at < 10; at += 1) void turns.run({ tenant: "broken", turns: 0 }, never);
  expect(await turns.run({ tenant: "other", turns: 0 }, async () => "done")).toBe("done");
});

it("a turn that fails ends, and its error is the worker's", async () => {
  const turns = new FairTurns({ turns: 1, turnsPerTenant: 1 });
  await expect(turns.run({ tenant: "a", turns: 0 }, () => Promise.reject(new Error("broken")))).rejects.toThrow(
    "broken",
  );
  expect(await turns.run({ tenant: "a", turns: 0 }, async () => 1)).toBe(1);
});
