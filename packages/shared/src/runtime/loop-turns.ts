import { setImmediate } from "node:timers";

/**
 * While connections arrive, turns are so far apart: Node accepts one connection each time around the event loop, so that one of
 * a thousand, a health check's perhaps, would wait for a thousand turns.
 */
const CONNECTING_PAUSE_MS = 5;
/** Work that has had the event loop for so long waits for another turn. */
const SLICE_MS = 5;

/**
 * Turns on the event loop, one each time around it: between any two of them, new connections, requests and results are looked
 * at. What takes long is done in parts, each in a turn, so that others wait for a part and not for the whole.
 */
export class LoopTurns {
  readonly #now: () => number;
  /** Whose work waits; the first one's is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isStarted = false;
  #isConnecting = false;
  #isWorking = false;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** A connection was accepted: there may be more. */
  connected(): void {
    this.#isConnecting = true;
  }

  /** Waits for a turn. @param whose those that wait take turns with each other, however much work each of them has */
  take(whose: string): Promise<void> {
    return new Promise((begin) => {
      const others = this.#waiting.get(whose);
      if (others === undefined) this.#waiting.set(whose, [begin]);
      else others.push(begin);
      if (this.#isStarted) return;
      this.#isStarted = true;
      setImmediate(() => this.#giveTurn());
    });
  }

  #giveTurn(): void {
    if (this.#isWorking) this.#endedAt = this.#now();
    const mustPause = this.#isConnecting && this.#now() - this.#endedAt < CONNECTING_PAUSE_MS;
    this.#isConnecting = false;
    this.#isWorking = !mustPause;
    if (!mustPause) this.#beginNext();
    this.#isStarted = this.#waiting.size > 0;
    if (this.#isStarted) setImmediate(() => this.#giveTurn());
  }

  #beginNext(): void {
    for (const [whose, works] of this.#waiting) {
      this.#waiting.delete(whose);
      const [begin, ...others] = works;
      if (others.length > 0) this.#waiting.set(whose, others);
      begin?.();
      return;
    }
  }
}

/** The turns of this thread's event loop. */
export const loopTurns = new LoopTurns();

/** Whose the turns of work in progress are. */
const IN_PROGRESS = "";

/** @returns a function to call between parts of the work: it waits for a turn where the last one was long enough */
export const slices = (turns = loopTurns): (() => Promise<void>) => {
  let since = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await turns.take(IN_PROGRESS);
    since = performance.now();
  };
};

/** Items of one part: looking at the clock costs as much as many of them. */
const PART = 64;

/** What `map` returns for each item, in slices. */
export const mapInSlices = async <Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Result,
): Promise<Result[]> => {
  const nextSlice = slices();
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += PART) {
    await nextSlice();
    for (const item of items.slice(at, at + PART)) results.push(map(item));
  }
  return results;
};
