import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { z } from "zod";
import { HttpProblem } from "../http/problems.ts";
import type { BulkDecision, BulkResult } from "../resources/decision.ts";
import { decideByRule } from "./decide-by-rule.ts";
import { type Imported, importDecisions, readDecisionLines } from "./decision-file.ts";

/** What requests do to a whole catalog at once. It takes seconds of a core, and so must not be done by the event loop. */
export interface Bulk {
  /** Takes the decisions of a file over, by its path. @throws HttpProblem as `importDecisions` and `readDecisionLines` */
  importDecisions(catalog: CatalogRow, path: string): Promise<Imported>;
  /** @throws HttpProblem as `decideByRule` */
  decideByRule(job: JobRow, rule: z.infer<typeof BulkDecision>, decidedBy: string): Promise<z.infer<typeof BulkResult>>;
}

/** The work itself, in the thread of the caller. */
export const bulkOn = (db: Db): Bulk => ({
  importDecisions: async (catalog, path) => importDecisions(db, catalog, await readDecisionLines(path)),
  decideByRule: (job, rule, decidedBy) => decideByRule(db, job, rule, decidedBy),
});

/** A call of {@link Bulk}, as it is sent to another thread. */
export type BulkCall = {
  [Name in keyof Bulk]: { readonly name: Name; readonly args: Parameters<Bulk[Name]> };
}[keyof Bulk];

/** Its result, or the problem that it ended with: a thread can't throw an error of our own classes. */
export type BulkAnswer =
  | { readonly result: unknown }
  | { readonly problem: Pick<HttpProblem, "status" | "type" | "message"> };

export const answerOf = async (work: Promise<unknown>): Promise<BulkAnswer> => {
  try {
    return { result: await work };
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { status, type, message } = error;
    return { problem: { status, type, message } };
  }
};
