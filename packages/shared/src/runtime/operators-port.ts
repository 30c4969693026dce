import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { register } from "prom-client";
import { coalesce } from "./coalesce.ts";
import { messageOf } from "./errors.ts";
import { redact } from "./redact.ts";

/** What the thread wants to know of the service. */
export interface Question {
  readonly id: number;
  readonly about: "life" | "state" | "metrics";
}
export interface Answer {
  readonly id: number;
  /** Of "life" and "metrics" a text, of "state" which servers answer. */
  readonly value: string | Readonly<Record<string, boolean>> | { readonly error: string };
}
/** What it sends first. */
export type Listening = { readonly address: string } | { readonly refused: string };

const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

/**
 * Serves `/metrics` to Prometheus, and `/healthz` and `/readyz` to the orchestrator, in a thread of its own: health is answered at
 * once, whatever the service's event loop does.
 * @param ready whether PostgreSQL and NATS answer
 * @returns the address
 * @throws Error when the port can't be had
 */
export const serveOperators = async (
  host: string,
  port: number,
  ready: () => Promise<Record<string, boolean>>,
): Promise<string> => {
  const readMetrics = coalesce(async () => redact(await register.metrics()));
  const answerTo = async (about: Question["about"]): Promise<Answer["value"]> => {
    switch (about) {
      case "life":
        return "ok";
      case "state":
        return ready();
      case "metrics":
        return readMetrics();
    }
  };
  const thread = new Worker(new URL("./operators-thread.js", import.meta.url), {
    workerData: { host, port, contentType: register.contentType },
    resourceLimits: HEAP,
    execArgv: [],
  });
  const [listening] = (await once(thread, "message")) as [Listening];
  if ("refused" in listening) throw new Error(listening.refused);
  thread.on("message", async ({ id, about }: Question) => {
    const value = await answerTo(about).catch((error: unknown) => ({ error: messageOf(error) }));
    thread.postMessage({ id, value } satisfies Answer);
  });
  thread.unref();
  return listening.address;
};
