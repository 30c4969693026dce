import { setTimeout as sleep } from "node:timers/promises";

export interface Loop {
  /** Starts the next round now instead of after the pause. */
  wake(): void;
  stop(): Promise<void>;
}

/** Runs `round` repeatedly, `pauseMs` after the last one ended. A failed round is reported and ends nothing. */
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
