import type { Bus } from "@lookalike/shared/bus/connect";
import { workerSlots } from "@lookalike/shared/bus/read";
import { creditOf, type DispatchCredit } from "@lookalike/shared/domain/job/dispatch/fair-window";
import { perKind, WorkKind } from "@lookalike/shared/domain/job/task";
import { startLoop } from "@lookalike/shared/runtime/loop";

const PAUSE_MS = 5_000;

/** Follows how many tasks the workers do at once: more workers get a longer queue. */
export const startCredit = (bus: Bus, onError: (error: unknown) => void) => {
  let credit: DispatchCredit = perKind(() => creditOf(0));
  const loop = startLoop(
    PAUSE_MS,
    async () => {
      const slots = await Promise.all(
        WorkKind.options.map(async (kind) => [kind, await workerSlots(bus, kind)] as const),
      );
      const slotsOf = new Map(slots);
      credit = perKind((kind) => creditOf(slotsOf.get(kind) ?? 0));
    },
    onError,
  );
  return { credit: (): DispatchCredit => credit, stop: loop.stop };
};
