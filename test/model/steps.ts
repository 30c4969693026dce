import { deliverySteps, handlersOf } from "./actors/consumers.ts";
import { infrastructureFaults, rewinds, workFailures } from "./actors/faults.ts";
import { requestSteps } from "./actors/operator.ts";
import { commandSteps, resumeSteps } from "./actors/owner.ts";
import { dispatchSteps, relaySteps } from "./actors/publishers.ts";
import { reconcilerSteps } from "./actors/reconciler.ts";
import type { Step } from "./explore.ts";
import type { Protocol } from "./rules.ts";
import { type World, withoutPast } from "./world.ts";

/** All that may happen next in a world. */
export const stepsOf = (protocol: Protocol) => {
  const { rules } = protocol;
  const handle = handlersOf(protocol);

  function* allSteps(world: World): Generator<Step<World>> {
    yield* relaySteps(world, rules);
    yield* deliverySteps(world, handle, rules);
    yield* dispatchSteps(world);
    yield* reconcilerSteps(world, protocol);
    yield* resumeSteps(world);
    yield* commandSteps(world);
    yield* requestSteps(world, rules);
    yield* workFailures(world);
    yield* rewinds(world);
    yield* infrastructureFaults(world, rules, handle);
  }

  return function* steps(world: World): Generator<Step<World>> {
    for (const step of allSteps(world)) yield { ...step, next: withoutPast(step.next) };
  };
};
