import { openStore } from "@lookalike/shared/store/open";
import { workerData } from "piscina";
import { answerOf, type BulkAnswer, type BulkCall, bulkOn } from "./bulk.ts";

// Runs in a worker thread, with a connection of its own.
const { databaseUrl, name } = workerData as { readonly databaseUrl: string; readonly name: string };
const bulk = openStore(databaseUrl, name, 1).then(({ db }) => bulkOn(db));

export default async (call: BulkCall): Promise<BulkAnswer> => {
  const { importDecisions, decideByRule } = await bulk;
  switch (call.name) {
    case "importDecisions":
      return answerOf(importDecisions(...call.args));
    case "decideByRule":
      return answerOf(decideByRule(...call.args));
  }
};
