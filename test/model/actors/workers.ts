import { jobEvent, resultEvent } from "@lookalike/shared/bus/messages";
import type { Message } from "@lookalike/shared/domain/job/events";
import { type Job, mayBeGrouped } from "@lookalike/shared/domain/job/job";
import { hashDone, listingDone, pairBatchDone, verifyDone } from "@lookalike/shared/domain/job/job.fixtures";
import { Finalize, type Task } from "@lookalike/shared/domain/job/task";
import { addToOutbox, once, store } from "../messages.ts";
import type { Rules } from "../rules.ts";
import type { Sizes, World } from "../world.ts";

/** A worker's result of a task, as an event; null where it has none, since its job needs none. */
const resultOf = (job: Job, task: Task, sizes: Sizes): Message | null => {
  const id = `${task.kind}:${task.task}:a${task.attempt}:r${task.run}`;
  switch (task.kind) {
    case "scan":
      return job.state === "listing"
        ? once(`${id}:${sizes.blocks}:${sizes.verifies}`, () =>
            resultEvent(task, "listing-done", listingDone(sizes.blocks, { verification: sizes.verifies }).body, ""),
          )
        : null;
    case "hash":
      return once(id, () => resultEvent(task, "hash-done", hashDone(task.task).body));
    case "compare":
      return job.state === "running"
        ? once(id, () => resultEvent(task, "pair-batch-done", pairBatchDone(task.task, { edgeCount: 1 }).body))
        : null;
    case "verify":
      return job.state === "running"
        ? once(id, () => resultEvent(task, "verify-done", verifyDone(task.task).body))
        : null;
  }
};

/** As a hasher or comparer that works off a task. */
export const handleTask = (world: World, message: Message, sizes: Sizes): World => {
  const result = resultOf(world.job, message.body as unknown as Task, sizes);
  return result === null ? world : store(world, "events", result);
};

/** Whether the order is delivered again later: see `mayBeGrouped`. */
export const isTooEarly = ({ job }: World, { body }: Message, { ordersWait }: Rules): boolean => {
  const order = Finalize.safeParse(body).data;
  return ordersWait && order !== undefined && job.state !== "cancelled" && !mayBeGrouped(job, order.run);
};

/** As `finalizeJob`, in one transaction; an order that nobody can read is parked. */
export const handleOrder = (world: World, message: Message, rules: Rules): World => {
  if (isTooEarly(world, message, rules)) return world;
  const order = Finalize.safeParse(message.body).data;
  if (order === undefined || world.job.state === "cancelled" || world.job.listing === null) return world;
  if (rules.hasNaturalKeys && world.results.includes(order.run)) return world;
  const event = once(`finalized:${order.run}`, () =>
    jobEvent({ ...order, id: order.job }, "job-finalized", order.run, { groups: 0, groupedImages: 0 }),
  );
  return addToOutbox({ ...world, results: [...world.results, order.run].sort() }, event);
};
