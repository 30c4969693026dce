import PQueue from "p-queue";
import { Budget } from "./budget.ts";
import { LimitedProcess, ProcessEnded } from "./limited-process.ts";

export interface PoolOptions {
  /** The built module that calls `serveRequests`. */
  readonly script: URL;
  /** Processes at once. */
  readonly processes: number;
  /** Bytes that the heaps and stacks of one process may take. */
  readonly memoryBytes: number;
  /** Units that the requests of all processes may reserve together. */
  readonly budget: number;
}

/** A process ends after so long without a request. */
const IDLE_MS = 60_000;
/** A process is replaced after so long with requests, before the kernel ends it for the time that it used. */
const MAX_BUSY_MS = 600_000;

/**
 * Runs requests in processes, one at a time in each, within limits of memory, time and files. A request that ends its
 * process fails, and no other one does. It is tried once more in a new process before it gets the blame: how much memory a process has left
 * depends on what it did before, and the kernel may have killed it because of others.
 */
export const createProcessPool = <Request, Result>({ script, processes, memoryBytes, budget }: PoolOptions) => {
  const queue = new PQueue({ concurrency: processes });
  const units = new Budget(budget);
  /** Processes that wait for a request, each with the timer that ends it. */
  const resting = new Map<LimitedProcess<Request, Result>, NodeJS.Timeout>();

  const start = async (): Promise<LimitedProcess<Request, Result>> => {
    const worker = await LimitedProcess.start<Request, Result>(script, memoryBytes);
    worker.ended.catch(() => takeOut(worker));
    return worker;
  };
  const takeOut = (worker: LimitedProcess<Request, Result>): void => {
    clearTimeout(resting.get(worker));
    resting.delete(worker);
  };
  const rest = (worker: LimitedProcess<Request, Result>): void => {
    const endIt = () => {
      takeOut(worker);
      worker.end();
    };
    if (worker.busyMs > MAX_BUSY_MS) endIt();
    else resting.set(worker, setTimeout(endIt, IDLE_MS).unref());
  };
  const runIn = async (
    worker: LimitedProcess<Request, Result>,
    request: Request,
    timeoutMs: number,
  ): Promise<Result> => {
    takeOut(worker);
    const result = await worker.run(request, timeoutMs, units);
    rest(worker);
    return result;
  };

  return {
    /** @throws ProcessEnded where the request ended two processes, or was not done in time */
    run: (request: Request, timeoutMs: number): Promise<Result> =>
      queue.add(async () => {
        const [rested] = resting.keys();
        try {
          return await runIn(rested ?? (await start()), request, timeoutMs);
        } catch (error) {
          if (!(error instanceof ProcessEnded) || error.reason === "timeout") throw error;
          return runIn(await start(), request, timeoutMs);
        }
      }),
    /** Waits for the requests, then lets the processes end. */
    async close(): Promise<void> {
      await queue.onIdle();
      for (const worker of resting.keys()) {
        takeOut(worker);
        worker.end();
      }
    },
  };
};
