import type { Finalize } from "@lookalike/shared/domain/job/task";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareRequest } from "./compare/compare-worker.ts";
import type { FinalizeRequest } from "./finalize/finalize-worker.ts";
import type { RegroupAnswer, RegroupRequest } from "./verify/regroup-worker.ts";

const fileOf = (name: string): string => new URL(name, import.meta.url).href;

/** Worker threads that compare and group, so that the service's own thread answers its messages meanwhile. */
export const createWorkerPool = (threads: number, databaseUrl: string, allowed: AllowedSources) => {
  const filename = fileOf("./compare/compare-worker.js");
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  return {
    compare: (request: CompareRequest): Promise<CompareAnswer> =>
      pool.run(request, { transferList: [request.parts.port] }),
    finalize: (order: Finalize): Promise<void> =>
      pool.run({ databaseUrl, order, allowed } satisfies FinalizeRequest, {
        filename: fileOf("./finalize/finalize-worker.js"),
      }),
    regroup: (jobId: string): Promise<RegroupAnswer> =>
      pool.run({ databaseUrl, jobId } satisfies RegroupRequest, { filename: fileOf("./verify/regroup-worker.js") }),
    close: () => pool.close(),
  };
};
