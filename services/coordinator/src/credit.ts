import type { Bus } from "@lookalike/shared/bus/connect";
import { workerSlots } from "@lookalike/shared/bus/read";
import { creditOf, type DispatchCredit } from "@lookalike/shared/domain/job/dispatch/fair-window";
import { startLoop } from "@lookalike/shared/runtime/loop";

const PAUSE_MS = 5_000;

/** Follows how many tasks the workers do at once: more workers get a longer queue. */
export const startCredit = (bus: Bus, onError: (error: unknown) => void) => {
  let credit: DispatchCredit = { hash: creditOf(0), compare: creditOf(0) };
  const loop = startLoop(
    PAUSE_MS,
    async () => {
      const [hash, compare] = await Promise.all([workerSlots(bus, "hash"), workerSlots(bus, "compare")]);
      credit = { hash: creditOf(hash), compare: creditOf(compare) };
    },
    onError,
  );
  return { credit: (): DispatchCredit => credit, stop: loop.stop };
};
