import { Readable } from "node:stream";
import { withSameFiles } from "@lookalike/shared/domain/review/same-file";
import { type CatalogRow, lockCatalog } from "@lookalike/shared/store/catalog/catalogs";
import type { Db } from "@lookalike/shared/store/open";
import { appendDecisions, findDecision, listDecisions, undoDecision } from "@lookalike/shared/store/review/decisions";
import { z } from "zod";
import type { Bulk } from "../bulk/bulk.ts";
import { exportDecisions } from "../bulk/decision-file.ts";
import { lockLatest } from "../bulk/lock-latest.ts";
import { IfMatch, requireMatch } from "../http/if-match.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { BY_ID, PageQuery, pageOf, readPage } from "../http/page.ts";
import { conflict, found, HttpProblem, Problem } from "../http/problems.ts";
import { groupsOf } from "../plugins/tenant-scope.ts";
import {
  BulkDecision,
  BulkResult,
  Decision,
  decisionResource,
  ImportResult,
  NewDecision,
  UndoMany,
  UndoneMany,
} from "../resources/decision.ts";
import { GroupParams, groupEtag, readGroup } from "../resources/group.ts";
import type { Spool } from "../spool/spool.ts";
import { isSpooled, spoolBodies } from "../spool/spool-bodies.ts";

const NDJSON = "application/x-ndjson";

/** What the routes work with. */
export interface DecisionParts {
  readonly bulk: Bulk;
  readonly spool: Spool;
}

export const decisionRoutes = (app: Version1, { bulk, spool }: DecisionParts): void => {
  const DecisionParams = z.object({ catalog: z.string(), decision: z.string() });
  const readDecision = async (db: Db, catalog: CatalogRow, id: string) =>
    found(await findDecision(db, catalog.id, id), "decision", id);

  app.post(
    "/jobs/:job/groups/:number/decisions",
    operation(
      "Decide on a group: which images stay, or that they are no duplicates",
      { 201: Decision, 412: Problem },
      { params: GroupParams, headers: IfMatch, body: NewDecision },
    ),
    async ({ access, db, job, params, body, headers }, reply) => {
      const [row] = await db.transaction(async (tx) => {
        await lockLatest(tx, job);
        const group = await readGroup(tx, groupsOf(job), params.number, true);
        requireMatch(headers, groupEtag(group), "Someone decided on this group since you read it. Read it again.");
        if (group.decision !== null)
          throw conflict("decided", `This group is decided by ${group.decision.id}. Undo that first.`);
        const members = group.members.map(({ ordinal }) => ordinal);
        const keep = body.verdict === "keep" ? [...new Set(body.keep)].sort((a, b) => a - b) : members;
        const known = new Set(members);
        const stranger = keep.find((ordinal) => !known.has(ordinal));
        if (stranger !== undefined)
          throw new HttpProblem(400, "not-a-member", `Image ${stranger} is not in group ${params.number}.`);
        const decision = {
          groupNumber: group.number,
          verdict: body.verdict,
          members,
          // Another name of a file that stays is the same file, so it stays, too.
          keep: withSameFiles(group.members, new Set(keep)).map(({ ordinal }) => ordinal),
        };
        return appendDecisions(tx, groupsOf(job), access.name, [decision]);
      });
      if (row === undefined) throw new Error("a decision was stored, but not returned");
      const decision = decisionResource(row);
      reply.code(201).header("location", `/v1/catalogs/${job.catalogId}/decisions/${decision.id}`);
      return decision;
    },
  );

  app.post(
    "/jobs/:job/decisions",
    operation(
      "Decide every undecided group of some kinds by one rule; first as a preview",
      { 200: BulkResult },
      { body: BulkDecision, config: { kind: "decide" } },
    ),
    ({ access, job, body }) => bulk.decideByRule(job, body, access.name),
  );

  app.get(
    "/catalogs/:catalog/decisions",
    operation(
      "Everything that was decided, newest first, undone or not",
      { 200: pageOf(Decision) },
      { querystring: PageQuery },
    ),
    async ({ catalog, db, query }) =>
      readPage(query, BY_ID, async (page) => (await listDecisions(db, catalog.id, page)).map(decisionResource)),
  );

  app.get(
    "/catalogs/:catalog/decisions/export",
    operation(
      "The decisions by the content of their pictures, as a file that can be imported into any catalog that has them",
      { 200: z.any().meta({ description: "NDJSON: a line for each effective decision" }) },
      { produces: [NDJSON], config: { kind: "export" } },
    ),
    ({ catalog, db }, reply) =>
      reply
        .type(NDJSON)
        .header("content-disposition", `attachment; filename="lookalike-decisions-${catalog.id}.ndjson"`)
        .send(Readable.from(exportDecisions(db, catalog))),
  );

  spoolBodies(app, spool, NDJSON);
  app.post(
    "/catalogs/:catalog/decisions/import",
    operation(
      "Take decisions over from such a file: of all whose pictures are in this catalog, wherever they are in it",
      { 200: ImportResult, 409: Problem, 422: Problem },
      {
        body: z.any().meta({ type: "string", description: "NDJSON, as exported" }),
        consumes: [NDJSON],
        config: { kind: "import" },
      },
    ),
    ({ catalog, body }) => {
      if (!isSpooled(body)) throw new HttpProblem(415, "no-file", `Send the file as ${NDJSON}.`);
      return bulk.importDecisions(catalog, body.path);
    },
  );

  app.get(
    "/catalogs/:catalog/decisions/:decision",
    operation("Read a decision", { 200: Decision }, { params: DecisionParams }),
    async ({ catalog, db, params }) => decisionResource(await readDecision(db, catalog, params.decision)),
  );

  app.post(
    "/catalogs/:catalog/decisions/:decision/undo",
    operation(
      "Take a decision back, by another fact; its group is open again",
      { 201: Decision },
      { params: DecisionParams },
    ),
    async ({ access, catalog, db, params }, reply) => {
      const row = await readDecision(db, catalog, params.decision);
      if (row.verdict === "undo") throw conflict("an-undo", "An undo can't be undone: decide again.");
      const undo = await db.transaction(async (tx) => {
        await lockCatalog(tx, row.catalogId);
        return undoDecision(tx, row, access.name);
      });
      if (undo === null) throw conflict("undone", "This decision is taken back already.");
      return reply.code(201).send(decisionResource(undo));
    },
  );

  app.post(
    "/catalogs/:catalog/decisions/undo",
    operation("Take decisions back, all or none; their groups are open again", { 200: UndoneMany }, { body: UndoMany }),
    async ({ access, catalog, db, body }) =>
      db.transaction(async (tx) => {
        await lockCatalog(tx, catalog.id);
        let undone = 0;
        for (const id of new Set(body.decisions)) {
          const row = await readDecision(tx, catalog, id);
          if (row.verdict === "undo") throw conflict("an-undo", "An undo can't be undone: decide again.");
          if ((await undoDecision(tx, row, access.name)) !== null) undone += 1;
        }
        return { undone };
      }),
  );
};
