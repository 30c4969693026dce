import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "./errors.ts";

const RETRY_MS = 500;

/** How long a server that is away is waited for. */
export interface Patience {
  readonly seconds: number;
  /** Gets the reason, once, where it must be waited for. */
  readonly onWait: (reason: string) => void;
}

/**
 * Opens a connection as soon as its server answers.
 * @param isAway whether the same attempt may succeed later
 * @throws what the last attempt has thrown
 */
export const whenReady = async <Connection>(
  open: () => Promise<Connection>,
  isAway: (error: unknown) => boolean,
  { seconds, onWait }: Patience,
): Promise<Connection> => {
  let waits = false;
  for (const deadline = performance.now() + seconds * 1_000; ; await sleep(RETRY_MS))
    try {
      return await open();
    } catch (error) {
      if (!isAway(error) || performance.now() >= deadline) throw error;
      if (!waits) onWait(messageOf(error));
      waits = true;
    }
};
