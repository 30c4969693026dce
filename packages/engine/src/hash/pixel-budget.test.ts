import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { PixelBudget } from "./pixel-budget.ts";

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await turn();
  await turn();
  return done;
};

describe("a budget of pixels", () => {
  it("lets in what fits, and the next when room is given back", async () => {
    const shared = PixelBudget.share(1_000_000);
    const [first, second, third] = [0, 1, 2].map(() => new PixelBudget(shared, PixelBudget.hold()));
    await first?.take(700_000);
    const waiting = second?.take(700_000) ?? Promise.reject();
    expect(await settled(waiting)).toBe(false);
    expect(await settled(third?.take(300_000) ?? waiting)).toBe(true);
    first?.giveBack();
    await waiting;
  });

  it("lets a picture larger than itself in when it is alone", async () => {
    const shared = PixelBudget.share(1_000_000);
    const [small, large] = [0, 1].map(() => new PixelBudget(shared, PixelBudget.hold()));
    await small?.take(1_000);
    const waiting = large?.take(500_000_000) ?? Promise.reject();
    expect(await settled(waiting)).toBe(false);
    small?.giveBack();
    await waiting;
  });

  it("gets back what an ended thread held, once", async () => {
    const [shared, held] = [PixelBudget.share(1_000_000), PixelBudget.hold()];
    await new PixelBudget(shared, held).take(1_000_000);
    new PixelBudget(shared, held).giveBack();
    new PixelBudget(shared, held).giveBack();
    expect(shared[0]).toBe(shared[1]);
  });
});
