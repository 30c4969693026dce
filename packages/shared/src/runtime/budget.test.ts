import { expect, it } from "vitest";
import { Budget } from "./budget.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it("lets users in, in their order, as long as there are units", async () => {
  const budget = new Budget(10);
  const order: string[] = [];
  const take = (name: string, units: number) => budget.take(units).then(() => order.push(name));
  const all = [take("first", 6), take("second", 6), take("third", 1)];
  await settled();
  expect(order).toEqual(["first"]);
  budget.giveBack(6);
  await Promise.all(all);
  expect(order).toEqual(["first", "second", "third"]);
});

it("lets in alone who needs more than there is", async () => {
  const budget = new Budget(10);
  const small = await budget.take(1);
  let isIn = false;
  const large = budget.take(1_000).then((units) => {
    isIn = true;
    return units;
  });
  await settled();
  expect(isIn).toBe(false);
  budget.giveBack(small);
  expect(await large).toBe(10);
});
