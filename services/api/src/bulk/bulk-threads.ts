import { UnavailableError } from "@lookalike/shared/store/unavailable";
import { Piscina } from "piscina";
import { HttpProblem } from "../http/problems.ts";
import type { Bulk, BulkAnswer, BulkCall } from "./bulk.ts";

export const BULK_THREADS = 2;
export const BULK_HEAP_MB = 1_024;
const IDLE_MS = 60_000;

/** Does bulk work in threads, each with a connection of its own and a heap that is limited. */
export const createBulk = (
  databaseUrl: string,
  name: string,
  script = new URL("./bulk-worker.js", import.meta.url),
): Bulk & { stop(): Promise<void> } => {
  const threads = new Piscina<BulkCall, BulkAnswer>({
    filename: script.href,
    minThreads: 0,
    maxThreads: BULK_THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: BULK_HEAP_MB },
    workerData: { databaseUrl, name },
  });
  const call = async <Result>(request: BulkCall): Promise<Result> => {
    const answer = await threads.run(request).catch((error: unknown) => {
      throw bulkError(error);
    });
    if ("result" in answer) return answer.result as Result;
    const { status, type, message } = answer.problem;
    throw new HttpProblem(status, type, message);
  };
  return {
    importDecisions: (...args) => call({ name: "importDecisions", args }),
    decideByRule: (...args) => call({ name: "decideByRule", args }),
    stop: () => threads.close(),
  };
};

/** An error of a thread has lost its class, but not its name. */
const bulkError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  if (error.name === "UnavailableError") return new UnavailableError(error.message, { cause: error });
  if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY")
    return new HttpProblem(
      413,
      "too-much-at-once",
      `This takes more than ${BULK_HEAP_MB} MB of memory, the limit. Nothing was changed: do it in parts.`,
    );
  return error;
};
