import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 15 * 60_000;
const REQUEST_MS = 30_000;
const RETRY_MS = 500;
const UNAVAILABLE = 503;
const CONFLICT = 409;

/**
 * Sends a request again while the API does not answer, or says that its database is away: a start goes on when they
 * are back. A POST has a key, so that the API executes it once.
 * @param address the API's now: another one after a crash where its port is free to choose
 * @param onWait gets a line, once in a wait
 * @returns the last answer, or throws the last error, after a quarter of an hour
 */
export const patientFetch =
  (address: () => string, onWait: (line: string) => void) =>
  async (request: Request): Promise<Response> => {
    if (request.method === "POST") request.headers.set("idempotency-key", randomUUID());
    let waits = false;
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(RETRY_MS)) {
      const { pathname, search } = new URL(request.url);
      const again = new Request(new URL(pathname + search, address()), request.clone());
      const isLast = Date.now() >= deadline;
      const response = await fetch(again, { signal: AbortSignal.timeout(REQUEST_MS) }).catch((error: unknown) => {
        if (isLast) throw error;
        return null;
      });
      if (response !== null && (isLast || !(await mayChange(response, waits)))) return response;
      if (!waits) onWait("Waiting: PostgreSQL or the API does not answer. It goes on when they are back.");
      waits = true;
    }
  };

/** Whether the same request will get another answer. @param isRepeated whether an earlier try may have reached the API */
const mayChange = async (response: Response, isRepeated: boolean): Promise<boolean> => {
  if (response.status === UNAVAILABLE) return true;
  if (!isRepeated || response.status !== CONFLICT) return false;
  // The first try claimed the key, and ended without an answer.
  const { type } = (await response.clone().json()) as { type?: string };
  return type === "urn:lookalike:problem:in-progress";
};
