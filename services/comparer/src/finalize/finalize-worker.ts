import type { Finalize } from "@lookalike/shared/domain/job/task";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { finalizeJob } from "./finalize.ts";

export interface FinalizeRequest {
  readonly databaseUrl: string;
  readonly order: Finalize;
  /** Where files may be read. */
  readonly allowed: AllowedSources;
}

const CONNECTIONS = 2;

let opened: Promise<Store> | undefined;

/** Runs in a worker thread, with connections of its own, because grouping millions of images takes minutes. */
export default async ({ databaseUrl, order, allowed }: FinalizeRequest): Promise<void> => {
  opened ??= openStore(databaseUrl, "lookalike-finalizer", CONNECTIONS);
  try {
    await finalizeJob(await opened, order, allowed);
  } catch (error) {
    // The store itself may have failed to open, so the next delivery opens it again.
    await opened.then((store) => store.close()).catch(() => undefined);
    opened = undefined;
    throw error;
  }
};
