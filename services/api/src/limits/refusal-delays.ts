import { LRUCache } from "lru-cache";

/** A refusal waits so long: whoever repeats a refused request at once has to wait for it. */
const FIRST_MS = 1_000;
/** Those of one sender are so far apart: refusing thousands of requests costs as little as refusing a hundred a second. */
const APART_MS = 10;
const LAST_MS = 30_000;
const SENDERS = 10_000;

/** @returns how long the next refusal of a sender waits, in ms */
export const refusalDelays = (): ((sender: string, now: number) => number) => {
  /** When each sender gets its next refusal. */
  const next = new LRUCache<string, number>({ max: SENDERS });
  return (sender, now) => {
    const at = Math.max(now + FIRST_MS, next.get(sender) ?? 0);
    // A client that does not wait, but connects again, moves its tenant's next refusal no further.
    if (at > now + LAST_MS) return LAST_MS;
    next.set(sender, at + APART_MS);
    return at - now;
  };
};
