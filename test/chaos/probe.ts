import { setTimeout as sleep } from "node:timers/promises";
import { WITH_KEY } from "../support/servers.ts";
import type { Stage } from "./stage.ts";

const PAUSE_MS = 100;
const TIMEOUT_MS = 30_000;

/**
 * Reads the job from each API all the time, as its owner's page does. While a server is away the reply must be 503 with
 * advice when to try again; an API that is killed gives none.
 */
export const startProbe = (stage: Stage, job: string) => {
  const problems = new Set<string>();
  let stopping = false;
  const probes = stage.of("api").map(async ({ address }) => {
    for (; !stopping; await sleep(PAUSE_MS)) {
      if (address() === "") continue;
      try {
        const response = await fetch(new URL(`/v1/jobs/${job}`, address()), {
          headers: WITH_KEY,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const body = await response.text();
        const isAdvice =
          response.status === 503 &&
          response.headers.get("retry-after") !== null &&
          response.headers.get("content-type")?.startsWith("application/problem+json") === true;
        if (response.status >= 400 && !isAdvice) problems.add(`the API replied ${response.status}: ${body}`);
      } catch (error) {
        if (error instanceof Error && error.name === "TimeoutError")
          problems.add(`the API did not reply for ${TIMEOUT_MS / 1_000} s`);
      }
    }
  });
  return {
    /** @returns what the replies should not have been */
    async stop(): Promise<string[]> {
      stopping = true;
      await Promise.all(probes);
      return [...problems];
    },
  };
};
