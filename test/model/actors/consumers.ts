import type { Message } from "@lookalike/shared/domain/job/events";
import { type Step, systemStep } from "../explore.ts";
import { acknowledge, streamOf } from "../messages.ts";
import type { Protocol, Rules } from "../rules.ts";
import { STREAM_NAMES, type StreamName, type World } from "../world.ts";
import { applyEvent, handleDeadLetter } from "./coordinator.ts";
import { handleOrder, handleTask, isTooEarly } from "./workers.ts";

/** What the consumers of each stream do with a message. */
export type Handlers = Readonly<Record<StreamName, (world: World, message: Message) => World>>;

export const handlersOf = ({ sizes, rules }: Protocol): Handlers => ({
  tasks: (world, message) => handleTask(world, message, sizes),
  events: (world, message) => applyEvent(world, message, rules),
  finalize: (world, message) => handleOrder(world, message, rules),
  deadLetters: (world, message) => handleDeadLetter(world, message, sizes.maxAttempts),
});

/** Any message that is stored or held may be handled next. */
export function* deliverySteps(world: World, handle: Handlers, rules: Rules): Generator<Step<World>> {
  for (const name of STREAM_NAMES)
    for (const { message, isHandled } of world.streams[name])
      if (!isHandled && !(name === "finalize" && isTooEarly(world, message, rules)))
        yield systemStep(`${message.eventId} is handled`, acknowledge(handle[name](world, message), name, message));
  for (const message of world.held) {
    const held = world.held.filter((other) => other !== message);
    yield systemStep(`${message.eventId}, still held, is handled`, {
      ...handle[streamOf(message)](world, message),
      held,
    });
  }
}
