import type { Finalize } from "@lookalike/shared/domain/job/task";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareRequest } from "./compare/compare-worker.ts";
import type { FinalizeRequest } from "./finalize/finalize-worker.ts";

const COMPARE_FILE = new URL("./compare/compare-worker.js", import.meta.url).href;
const FINALIZE_FILE = new URL("./finalize/finalize-worker.js", import.meta.url).href;

/** Worker threads that compare and group, so that the service's own thread answers its messages meanwhile. */
export const createWorkerPool = (threads: number, databaseUrl: string) => {
  const pool = new Piscina({ filename: COMPARE_FILE, minThreads: threads, maxThreads: threads });
  return {
    compare: (request: CompareRequest): Promise<CompareAnswer> =>
      pool.run(request, { transferList: [request.parts.port] }),
    finalize: (order: Finalize): Promise<void> =>
      pool.run({ databaseUrl, order } satisfies FinalizeRequest, { filename: FINALIZE_FILE }),
    close: () => pool.close(),
  };
};
