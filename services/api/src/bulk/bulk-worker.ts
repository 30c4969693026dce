import { openStore } from "@lookalike/shared/store/open";
import { workerData } from "piscina";
import { answerOf, type BulkAnswer, type BulkCall, bulkOn } from "./bulk.ts";

// Runs in a worker thread, with a connection of its own.
const { databaseUrl, name } = workerData as { readonly databaseUrl: string; readonly name: string };
const opened = openStore(databaseUrl, name, 1);

export default async (call: BulkCall): Promise<BulkAnswer> => {
  const { tenants } = await opened;
  // The catalog or the job that it is about.
  const [{ tenant }] = call.args;
  const { importDecisions, decideByRule } = bulkOn(tenants.ofTenant(tenant).db);
  switch (call.name) {
    case "importDecisions":
      return answerOf(importDecisions(...call.args));
    case "decideByRule":
      return answerOf(decideByRule(...call.args));
  }
};
