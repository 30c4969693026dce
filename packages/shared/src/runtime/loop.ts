import { setTimeout as sleep } from "node:timers/promises";

export interface Loop {
  /** Runs the next round now instead of after the pause. */
  wake(): void;
  stop(): Promise<void>;
}

/** Runs `round` again and again, `pauseMs` after the last one ended; a failed round is reported, not fatal. */
export const startLoop = (pauseMs: number, round: () => Promise<void>, onError: (error: unknown) => void): Loop => {
  let stopping = false;
  let pause = new AbortController();
  const loop = (async () => {
    while (!stopping) {
      pause = new AbortController();
      await round().catch(onError);
      await sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => undefined);
    }
  })();
  return {
    wake: () => pause.abort(),
    async stop() {
      stopping = true;
      pause.abort();
      await loop;
    },
  };
};
