import { setTimeout as sleep } from "node:timers/promises";

export type Loop = ReturnType<typeof startLoop>;

/** Runs `round` repeatedly, `pauseMs` after the last one ended. A failed round is reported and ends nothing. */
export const startLoop = (pauseMs: number, round: () => Promise<void>, onError: (error: unknown) => void) => {
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
    /** Starts the next round now instead of after the pause. */
    wake: (): void => pause.abort(),
    async stop(): Promise<void> {
      stopping = true;
      pause.abort();
      await loop;
    },
  };
};
