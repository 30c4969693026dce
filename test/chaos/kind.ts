import { isOver } from "@lookalike/shared/domain/job/job";
import type { Stage } from "./stage.ts";

/** What a fault gets: the stage, its job, and numbers of the round's seed. */
export interface Scene<On extends Stage> {
  readonly stage: On;
  readonly job: string;
  /** The next random number, at least 0 and below 1. */
  readonly random: () => number;
}

/** A kind of fault, and what follows from it by design. */
export interface Kind<On extends Stage> {
  /** Resolves when the last fault is over. */
  readonly disturb: (scene: Scene<On>) => Promise<void>;
  /** Problems that `verify` may report after it. */
  readonly excuses?: RegExp;
  /** Messages that it brings nobody can read: each is parked. */
  readonly parks?: boolean;
}

/** One of the items. */
export const pick = <Item>(items: readonly Item[], random: () => number): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
};

/** Waits until the job has done a part of its tasks, or is over. */
export const somewhere = async ({ stage, job, random }: Scene<Stage>): Promise<void> => {
  const share = random();
  await stage.until(
    job,
    (now) =>
      isOver(now) || (now.total > 0 && now.completed >= now.total * share) || (share < 0.1 && now.state === "listing"),
    120,
  );
};
