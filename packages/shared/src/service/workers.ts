import { z } from "zod";
import { EndpointError, endpoint } from "../bus/endpoints.ts";
import type { Workers } from "../bus/work.ts";
import { forInstance, InstanceRequest, type Running } from "./endpoints.ts";

const MAX_CONCURRENCY = 256;

/**
 * A service that handles messages of these kinds, with what operators see and control of it.
 * @param close releases what the handlers use, after the last message
 */
export const workerService = (
  name: string,
  kinds: Readonly<Record<string, Workers>>,
  close: () => Promise<void>,
): Running => {
  const all = Object.values(kinds);
  return {
    async drain() {
      await Promise.all(all.map((workers) => workers.setConcurrency(0)));
    },
    async stop() {
      await Promise.all(all.map((workers) => workers.stop()));
      await close();
    },
    status: async () => ({
      work: Object.fromEntries(
        Object.entries(kinds).map(([kind, { concurrency, busy }]) => [kind, { concurrency, busy }]),
      ),
    }),
    endpoints: [
      endpoint({
        name: "concurrency",
        about: "Limit the messages of a kind in progress, until the instance restarts; 0 = none",
        answers: "each",
        request: InstanceRequest.extend({ kind: z.string(), concurrency: z.int().min(0).max(MAX_CONCURRENCY) }),
        handle: forInstance(name, async ({ kind, concurrency }) => {
          const workers = kinds[kind];
          if (workers === undefined)
            throw new EndpointError(404, `${kind}: no such kind of work. There is ${Object.keys(kinds).join(", ")}.`);
          // With 0 it would wait for the work in progress, which status shows.
          void workers.setConcurrency(concurrency);
          return { instance: name, kind, concurrency, busy: workers.busy };
        }),
      }),
    ],
  };
};
