import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createReachability } from "./reachable.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that answers only when the test lets it. */
const silentServer = () => {
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const isReachable = createReachability(
    () => new Promise<void>((resolve, reject) => answers.push({ resolve, reject })),
  );
  return { answers, isReachable };
};

describe("health checks of a server", () => {
  it("share one probe at a time, and its answer for a moment", async () => {
    const { answers, isReachable } = silentServer();
    const checks = [isReachable(), isReachable()];
    answers[0]?.resolve();
    expect(await Promise.all(checks)).toEqual([true, true]);
    expect(await isReachable()).toBe(true);
    expect(answers).toHaveLength(1);
    vi.advanceTimersByTime(500);
    void isReachable();
    expect(answers).toHaveLength(2);
  });

  it("say no as soon as a probe fails", async () => {
    const { answers, isReachable } = silentServer();
    const check = isReachable();
    answers[0]?.reject(new Error("refused"));
    expect(await check).toBe(false);
  });

  it("get the last answer while a probe is slow, and no when it is silent for long", async () => {
    const { isReachable } = silentServer();
    const check = async () => {
      const answer = isReachable();
      await vi.advanceTimersByTimeAsync(50);
      return answer;
    };
    expect(await check()).toBe(true);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(await check()).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(await check()).toBe(false);
  });
});
