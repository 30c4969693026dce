import { setTimeout as sleep } from "node:timers/promises";

/** How long a wait may take on a busy machine. It costs nothing where what is waited for happens soon. */
export const PATIENCE_SECONDS = 240;

/** Waits until `condition` holds. @throws when it does not within `seconds` */
export const until = async (condition: () => boolean | Promise<boolean>, seconds = PATIENCE_SECONDS): Promise<void> => {
  const started = Date.now();
  const deadline = started + seconds * 1_000;
  // A condition may be a request: the longer it takes, the less often it is sent.
  for (; !(await condition()); await sleep(Math.min(50, 25 + (Date.now() - started) / 40))) {
    if (Date.now() > deadline) throw new Error(`not true after ${seconds} s: ${condition}`);
  }
};
