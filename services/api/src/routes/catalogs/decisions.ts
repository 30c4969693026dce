import type { Db } from "@lookalike/shared/store/open";
import { findDecision, listDecisions, lockCatalog, undoDecision } from "@lookalike/shared/store/review/decisions";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { BY_ID, PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem, notFound } from "../../http/problems.ts";
import { CatalogParams, catalogReader } from "../../http/tenant-scope.ts";
import type { Access } from "../../plugins/access.ts";
import { Decision, decisionResource } from "../../resources/decision.ts";

export const catalogDecisionRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readCatalog = catalogReader(db);
    const DecisionParams = CatalogParams.extend({ decision: z.string() });
    const readDecision = async (access: Access, catalogId: string, id: string) => {
      const row = await findDecision(db, (await readCatalog(access, catalogId)).id, id);
      if (row === null) throw notFound("decision", id);
      return row;
    };

    app.get(
      "/catalogs/:catalog/decisions",
      {
        schema: {
          summary: "Everything that was decided, newest first, undone or not",
          params: CatalogParams,
          querystring: PageQuery,
          response: { 200: pageOf(Decision) },
        },
      },
      async ({ access, params, query }) => {
        const catalog = await readCatalog(access, params.catalog);
        const { items, next } = await readPage(query, BY_ID, (page) => listDecisions(db, catalog.id, page));
        return { items: items.map(decisionResource), next };
      },
    );

    app.get(
      "/catalogs/:catalog/decisions/:decision",
      {
        schema: {
          summary: "Read a decision",
          params: DecisionParams,
          response: { 200: Decision },
        },
      },
      async ({ access, params }) => decisionResource(await readDecision(access, params.catalog, params.decision)),
    );

    app.post(
      "/catalogs/:catalog/decisions/:decision/undo",
      {
        schema: {
          summary: "Take a decision back, by another fact; its group is open again",
          params: DecisionParams,
          response: { 201: Decision },
        },
      },
      async ({ access, params }, reply) => {
        const row = await readDecision(access, params.catalog, params.decision);
        if (row.verdict === "undo") throw new HttpProblem(409, "an-undo", "An undo can't be undone: decide again.");
        const undo = await db.transaction(async (tx) => {
          await lockCatalog(tx, row.catalogId);
          return undoDecision(tx, row, access.name);
        });
        if (undo === null) throw new HttpProblem(409, "undone", "This decision is taken back already.");
        return reply.code(201).send(decisionResource(undo));
      },
    );
  };
