import { AsyncResource } from "node:async_hooks";
import PQueue from "p-queue";

/** Runs one piece of work at a time: of those that wait, the smallest one is next. */
export const createSmallestFirst = () => {
  const queue = new PQueue({ concurrency: 1 });
  return <Result>(size: number, work: () => Promise<Result>): Promise<Result> =>
    // The queue starts it when the work before it ends: its spans and log lines must not be taken for that one's.
    queue.add(AsyncResource.bind(work), { priority: -size });
};
