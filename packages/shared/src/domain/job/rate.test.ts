import { describe, expect, it } from "vitest";
import { nextRate, remainingSeconds } from "./progress.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();

describe("the rate", () => {
  it("is not known from one reading, and is exact from two", () => {
    const first = nextRate({ phase: "listing", rate: 0, at: null, done: 0 }, { phase: "hashing", at: at(0), done: 0 });
    expect(first.rate).toBe(0);
    expect(nextRate({ phase: "hashing", ...first, done: 0 }, { phase: "hashing", at: at(2), done: 100 }).rate).toBe(50);
  });

  it("moves half the way to a new speed in ten seconds", () => {
    expect(
      nextRate({ phase: "hashing", rate: 100, at: at(0), done: 0 }, { phase: "hashing", at: at(10), done: 0 + 3_000 })
        .rate,
    ).toBe(200);
  });

  it("starts without a rate in a new phase", () => {
    expect(
      nextRate({ phase: "hashing", rate: 100, at: at(0), done: 9 }, { phase: "comparing", at: at(1), done: 0 }),
    ).toEqual({ rate: 0, at: at(1) });
  });

  it("keeps the old reading while too little time has passed to measure", () => {
    expect(
      nextRate({ phase: "hashing", rate: 7, at: at(0), done: 0 }, { phase: "hashing", at: at(0.1), done: 5 }),
    ).toEqual({ rate: 7, at: at(0) });
  });

  it("gives the seconds left", () => {
    const hashing = (rate: number, completedImages: number, totalImages: number) =>
      remainingSeconds({
        phase: "hashing",
        rate,
        completedImages,
        totalImages,
        completedBlockPairs: 0,
        totalBlockPairs: 1_000,
        completedVerifyTasks: 0,
        totalVerifyTasks: 0,
      });
    expect([hashing(50, 100, 600), hashing(0, 0, 10), hashing(5, 12, 10)]).toEqual([10, null, 0]);
  });
});
