import type { Finalize } from "@lookalike/shared/domain/events";
import { openStore } from "@lookalike/shared/store/open";
import { finalizeJob } from "./finalize.ts";

export interface FinalizeRequest {
  readonly databaseUrl: string;
  readonly order: Finalize;
}

const CONNECTIONS = 2;

/** Runs in a worker thread, with connections of its own: grouping millions of images never blocks the service. */
export default async ({ databaseUrl, order }: FinalizeRequest): Promise<void> => {
  const store = await openStore(databaseUrl, "lookalike-finalizer", CONNECTIONS);
  try {
    await finalizeJob(store, order);
  } finally {
    await store.close();
  }
};
