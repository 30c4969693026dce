import { jobEvent } from "@lookalike/shared/bus/messages";
import type { Message } from "@lookalike/shared/domain/job/events";
import { isOver } from "@lookalike/shared/domain/job/job";
import { faultStep, type Step, systemStep } from "../explore.ts";
import { addToOutbox, once } from "../messages.ts";
import { spend, type World } from "../world.ts";

const COMMANDS = ["job-paused", "job-resumed", "job-cancelled"] as const;
const isCommand = ({ body: { type } }: Message): boolean => COMMANDS.some((command) => command === type);

const sendCommand = (world: World, command: (typeof COMMANDS)[number]): World =>
  addToOutbox(
    world,
    once(`${command}:${world.outbox.length}`, () => jobEvent(world.job, command, world.outbox.length, {})),
  );

/** A paused job goes on by its owner alone. */
export function* resumeSteps(world: World): Generator<Step<World>> {
  const commands = world.outbox.filter(({ message }) => isCommand(message));
  if (world.job.paused && !isOver(world.job) && commands.every(({ isApplied }) => isApplied))
    yield systemStep("the owner resumes", sendCommand(world, "job-resumed"));
}

export function* commandSteps(world: World): Generator<Step<World>> {
  if (world.left.commands === 0 || isOver(world.job)) return;
  for (const command of COMMANDS)
    yield faultStep(`the owner sends ${command}`, sendCommand(spend(world, "commands"), command));
}
