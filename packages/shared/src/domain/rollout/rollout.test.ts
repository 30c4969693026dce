// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { describe, expect, it } from "vitest";
import { bucketOf, chooseFeature, optionsWith, shadowOptions } from "./rollout.ts";

const jobs = Array.from({ length: 20_000 }, (_, at) => `job-${at}`);
const share = (percent: number): number =>
  jobs.filter((job) => chooseFeature(at(percent), job, null, null).enabled).length / jobs.length;
const at = (percent: number, shadow = false) => ({ feature: "INDEXED_COMPARISON" as const, percent, shadow });

describe("a roll-out", () => {
  it.each([0, 10, 50, 100])("gives %i percent of the jobs the feature", (percent) => {
    expect(share(percent)).toBeGreaterThanOrEqual(percent / 100 - 0.02);
    expect(share(percent)).toBeLessThanOrEqual(percent / 100 + 0.02);
  });

  it("is stable: a job that has it at 10 % keeps it at 50 %, and features are independent", () => {
    const has = (percent: number) => (job: string) => chooseFeature(at(percent), job, null, null).enabled;
    expect(jobs.filter(has(10)).every(has(50))).toBe(true);
    const both = jobs.filter(
      (job) => bucketOf("INDEXED_COMPARISON", job) < 50 && bucketOf("USE_BATCHED_COMPARISON", job) < 50,
    );
    expect(both.length / jobs.length).toBeCloseTo(0.25, 1);
  });

  it("yields to the override of the catalog, which yields to the owner's request; the reason names which", () => {
    const choose = (requested: boolean | null, override: boolean | null) =>
      chooseFeature(at(0, true), "job", requested, override);
    expect(choose(null, true)).toEqual({ ...CHOICE, enabled: true, reason: "override of its catalog" });
    expect(choose(false, true)).toEqual({ ...CHOICE, enabled: false, reason: "requested" });
    expect(choose(null, null)).toEqual({
      ...CHOICE,
      enabled: false,
      reason: expect.stringMatching(/^bucket \d+ of 0 %$/),
    });
  });
});

const CHOICE = { feature: "INDEXED_COMPARISON" as const, shadow: true };
const choice = (feature: "INDEXED_COMPARISON" | "USE_BATCHED_COMPARISON", enabled: boolean) => ({
  ...{ feature, enabled, reason: "", shadow: false },
});

describe("the options of a choice", () => {
  const open = { dispatch: "auto", kernel: "auto" } as const;
  it("are a window or all at once, and the cheaper kernel or every pair", () => {
    expect(optionsWith(open, choice("USE_BATCHED_COMPARISON", true)).dispatch).toBe("window");
    expect(optionsWith(open, choice("USE_BATCHED_COMPARISON", false)).dispatch).toBe("all");
    expect(optionsWith(open, choice("INDEXED_COMPARISON", true)).kernel).toBe("auto");
    expect(optionsWith(open, choice("INDEXED_COMPARISON", false)).kernel).toBe("exhaustive");
  });

  it("leave what the owner requested", () => {
    const requested = { dispatch: "waves", kernel: "indexed" } as const;
    expect(optionsWith(requested, choice("USE_BATCHED_COMPARISON", true))).toEqual(requested);
    expect(optionsWith(requested, choice("INDEXED_COMPARISON", false))).toEqual(requested);
  });

  it("are the other way round for a shadow, in that feature alone", () => {
    const done = { dispatch: "window", kernel: "auto" } as const;
    expect(shadowOptions(done, "INDEXED_COMPARISON", true)).toEqual({ dispatch: "window", kernel: "exhaustive" });
    expect(shadowOptions(done, "INDEXED_COMPARISON", false)).toEqual({ dispatch: "window", kernel: "indexed" });
    expect(shadowOptions(done, "USE_BATCHED_COMPARISON", true)).toEqual({ dispatch: "all", kernel: "indexed" });
  });
});
