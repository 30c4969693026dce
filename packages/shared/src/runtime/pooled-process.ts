import { writeFileSync } from "node:fs";

/** Takes units of the pool's budget for the request, in the place of those that it took before; waits until there are so many. */
export type Reserve = (units: number) => Promise<void>;

/** What a process of a pool sends: that it can take requests, how much of the budget it needs, or the result. */
export type FromProcess<Result> = { ready: true } | { reserve: number } | { result: Result };
/** What it is sent: a request, or that the units it needs are its own. */
export type ToProcess<Request> = { request: Request } | { reserved: true };

/** The exit code of a process that needed more memory than it may use. */
export const OUT_OF_MEMORY = 86;

/** Handles the requests of the pool that started this process, one at a time, and ends with it: see process-pool.ts. */
export const serveRequests = <Request, Result>(
  handle: (request: Request, reserve: Reserve) => Promise<Result>,
): void => {
  const send = (message: FromProcess<Result>) => process.send?.(message);
  let onReserved = (): void => undefined;
  const reserve: Reserve = (units) =>
    new Promise((resolve) => {
      onReserved = resolve;
      send({ reserve: units });
    });
  process.on("message", async (message: ToProcess<Request>) => {
    if ("reserved" in message) onReserved();
    else send({ result: await handle(message.request, reserve) });
  });
  process.on("disconnect", () => process.exit());
  // Service managers send them to every process of a service; here they would look like the request's fault.
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => undefined);
  beFirstToBeKilled();
  send({ ready: true });
};

/** Where the machine's memory ends, the kernel kills this process, and not the service or a database. */
const beFirstToBeKilled = (): void => {
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Some containers have a /proc that is read-only.
  }
};
