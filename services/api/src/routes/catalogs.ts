import { createCatalog, getCatalog, listCatalogs } from "@lookalike/shared/store/catalogs";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { decodeCursor, page } from "../cursor.ts";
import { HttpProblem, notFound } from "../problem.ts";
import { catalogResource } from "../resources.ts";
import { Catalog, NewCatalog, PageQuery, Problem, pageOf } from "../schemas/resources.ts";
import { TENANT } from "../tenant.ts";

export const catalogRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      "/catalogs",
      {
        schema: {
          tags: ["catalogs"],
          summary: "Create a catalog over a source",
          body: NewCatalog,
          response: { 201: Catalog, 400: Problem, 409: Problem },
        },
      },
      async (request, reply) => {
        const { name, source } = request.body;
        const created = await createCatalog(db, TENANT, name, source);
        if (created === null)
          throw new HttpProblem(409, "name-taken", `There is a catalog named ${JSON.stringify(name)} already.`);
        return reply.code(201).header("location", `/v1/catalogs/${created.id}`).send(catalogResource(created));
      },
    );

    app.get(
      "/catalogs",
      {
        schema: {
          tags: ["catalogs"],
          summary: "List catalogs",
          querystring: PageQuery.extend({
            name: z.string().optional().meta({ description: "Only the catalog of this name" }),
          }),
          response: { 200: pageOf(Catalog), 400: Problem },
        },
      },
      async ({ query: { cursor, limit, name } }) => {
        const rows = await listCatalogs(db, TENANT, {
          name: name ?? null,
          after: decodeCursor(cursor, ""),
          limit: limit + 1,
        });
        const { items, next } = page(rows, limit, ({ id }) => id);
        return { items: items.map(catalogResource), next };
      },
    );

    app.get(
      "/catalogs/:catalog",
      {
        schema: {
          tags: ["catalogs"],
          summary: "Read a catalog",
          params: z.object({ catalog: z.string() }),
          response: { 200: Catalog, 404: Problem },
        },
      },
      async ({ params }) => {
        const found = await getCatalog(db, TENANT, params.catalog);
        if (found === null) throw notFound("catalog", params.catalog);
        return catalogResource(found);
      },
    );
  };
