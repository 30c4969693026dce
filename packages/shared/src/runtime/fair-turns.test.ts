import { expect, it } from "vitest";
import { FairTurns, type Turner } from "./fair-turns.ts";

interface Listing {
  readonly tenant: string;
  /** Turns, each of which adds one to its size. */
  readonly needs: number;
  /** The turn of all at which it begins. */
  readonly from?: number;
  /** Its size is known before it begins. */
  readonly known?: boolean;
}

/** When each listing is done, by the turns of all. */
const doneAfter = async (
  listings: readonly Listing[],
  limits = { turns: 1, turnsPerTenant: 1, turnsForSmall: 0 },
): Promise<number[]> => {
  const turns = new FairTurns(limits);
  let clock = 0;
  const begun: (() => void)[] = [];
  const done = listings.map(async ({ tenant, needs, from = 0, known = false }) => {
    if (from > 0) await new Promise<void>((begin) => begun.push(begin));
    const turner: Turner = { tenant, began: from, size: known ? needs : 0 };
    for (let turn = 1; turn <= needs; turn += 1)
      await turns.run(turner, async () => {
        clock += 1;
        turner.size = Math.max(turner.size, turn);
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

it("of listings that begin together, the one that is known to be small is done first", async () => {
  const large = Array.from({ length: 60 }, () => ({ tenant: "a", needs: 20, known: true }));
  const done = await doneAfter([...large, { tenant: "a", needs: 6, known: true }]);
  expect(done.at(-1)).toBeLessThanOrEqual(15);
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

it("a large listing goes on while small ones come without end", async () => {
  const small = Array.from({ length: 200 }, (_, at) => ({ tenant: "a", needs: 2, from: at + 1 }));
  const done = await doneAfter([{ tenant: "a", needs: 20, known: true }, ...small]);
  expect(done[0]).toBeLessThan(200);
});

it("turns that never end leave other tenants room", async () => {
  const turns = new FairTurns({ turns: 4, turnsPerTenant: 2, turnsForSmall: 0 });
  const never = () => new Promise<void>(() => undefined);
  for (let at = 0; at < 10; at += 1) void turns.run({ tenant: "broken", began: 0, size: 0 }, never);
  expect(await turns.run({ tenant: "other", began: 0, size: 0 }, async () => "done")).toBe("done");
});

it("a turn that fails ends, and its error is the worker's", async () => {
  const turns = new FairTurns({ turns: 1, turnsPerTenant: 1, turnsForSmall: 0 });
  await expect(
    turns.run({ tenant: "a", began: 0, size: 0 }, () => Promise.reject(new Error("broken"))),
  ).rejects.toThrow("broken");
  expect(await turns.run({ tenant: "a", began: 0, size: 0 }, async () => 1)).toBe(1);
});

it("a turn is left for a small turner: it begins beside large ones, and no large one takes it", async () => {
  const turns = new FairTurns({ turns: 2, turnsPerTenant: 2, turnsForSmall: 1 });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (name: string, size: number) =>
    turns.run({ tenant: "a", began: begun.length, size }, async () => {
      begun.push(name);
      await new Promise<void>((end) => ends.set(name, end));
    });
  const work = [take("large", 20_000), take("other large", 19_000), take("a fifth", 4_000)];
  await Promise.resolve();
  expect(begun).toEqual(["large"]);
  work.push(take("small", 1_000), take("small, too", 1_000));
  await Promise.resolve();
  expect(begun).toEqual(["large", "small"]);
  // A large one begins when the other large one ends, whatever the small ones do.
  ends.get("small")?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(["large", "small", "small, too"]);
  for (let ended = 0; ended < work.length; ended += 1) {
    ends.get(begun[ended] ?? "")?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(work);
  expect(begun).toHaveLength(5);
});
