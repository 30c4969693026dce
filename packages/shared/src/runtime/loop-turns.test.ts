import { setImmediate as nextLoop } from "node:timers/promises";
import { expect, it } from "vitest";
import { LoopTurns, mapInSlices } from "./loop-turns.ts";

/** Goes around the event loop until the work is done. @returns how often */
const loopsUntil = async (work: Promise<unknown>): Promise<number> => {
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  let loops = 0;
  for (; !isDone; loops += 1) await nextLoop();
  return loops;
};

it("one turn is given each time around the event loop", async () => {
  const turns = new LoopTurns(() => 0);
  const many = Array.from({ length: 50 }, () => turns.take("a"));
  expect(await loopsUntil(Promise.all(many))).toBeGreaterThanOrEqual(50);
});

it("those that wait take turns with each other, however much work each of them has", async () => {
  const turns = new LoopTurns(() => 0);
  const order: string[] = [];
  const work = ["a", "a", "a", "b", "c", "c"].map((whose) => turns.take(whose).then(() => order.push(whose)));
  await Promise.all(work);
  expect(order.join("")).toBe("abcaca");
});

it("while connections arrive, they are accepted before the next turn, for 5 ms", async () => {
  let now = 0;
  const turns = new LoopTurns(() => now);
  await turns.take("a");
  let begun = 0;
  for (let at = 0; at < 3; at += 1) void turns.take("a").then(() => (begun += 1));
  await nextLoop();
  for (; now < 5; now += 1) {
    turns.connected();
    await nextLoop();
  }
  expect(begun).toBe(1);
  turns.connected();
  await nextLoop();
  expect(begun).toBe(2);
});

it("many items are mapped in order, in more than one slice where they take long", async () => {
  const items = Array.from({ length: 1_000 }, (_, at) => at);
  const double = (item: number): number => {
    for (const end = performance.now() + 0.1; performance.now() < end; );
    return 2 * item;
  };
  const mapped = mapInSlices(items, double);
  expect(await loopsUntil(mapped)).toBeGreaterThan(2);
  expect(await mapped).toEqual(items.map((item) => 2 * item));
});
