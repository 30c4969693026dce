import { expect, it } from "vitest";
import { refusalDelays } from "./refusal-delays.ts";

it("refusals of one sender are apart from each other, up to half a minute, and delay nobody else's", () => {
  const delayOf = refusalDelays();
  const delays = Array.from({ length: 5_000 }, () => delayOf("flood", 0));
  expect(delays.slice(0, 3)).toEqual([1_000, 1_010, 1_020]);
  expect(Math.max(...delays)).toBe(30_000);
  expect(delayOf("other", 0)).toBe(1_000);
  expect(delayOf("flood", 60_000)).toBe(1_000);
});
