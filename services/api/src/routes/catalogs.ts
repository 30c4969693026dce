import { randomUUID } from "node:crypto";
import { sourceLabel } from "@lookalike/shared/domain/job/source";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { requireSource } from "@lookalike/shared/sources/source-roots";
import { countStoredBytes } from "@lookalike/shared/store/blocks/block-evidence";
import { changeCatalog, createCatalog, hideCatalog, listCatalogs } from "@lookalike/shared/store/catalog/catalogs";
import { countImages } from "@lookalike/shared/store/catalog/images";
import { hasActiveJob } from "@lookalike/shared/store/jobs/jobs";
import { groupStatistics } from "@lookalike/shared/store/results/groups";
import { latestResult } from "@lookalike/shared/store/review/decisions";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { IfMatch, requireMatch } from "../http/if-match.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { BY_ID, PageQuery, pageOf, readPage } from "../http/page.ts";
import { conflict, HttpProblem, Problem } from "../http/problems.ts";
import { movedCatalog } from "../moved-catalog.ts";
import { Catalog, CatalogChange, catalogEtag, changedSource, NewCatalog, Statistics } from "../resources/catalog.ts";

const TOKEN_MS = 600_000;
const MAX_TOKENS = 10_000;

export const catalogRoutes = (app: Version1, sources: AllowedSources): void => {
  // The catalogs whose deletion was requested, by the token that confirms it.
  const deletions = new LRUCache<string, string>({ max: MAX_TOKENS, ttl: TOKEN_MS });

  app.post(
    "/catalogs",
    operation("Create a catalog over a source", { 201: Catalog }, { body: NewCatalog }),
    async ({ access, db, body: { name, source } }, reply) => {
      await requireSource(source, access.tenant, sources);
      const moved = source.kind === "directory" ? await movedCatalog(db, sources, access.tenant, source.root) : null;
      if (moved !== null)
        throw new HttpProblem(
          409,
          "catalog-moved",
          `${sourceLabel(source)} has the pictures of the catalog ${JSON.stringify(moved.name)}, which was at ${sourceLabel(moved.source)}. Change its root (PATCH) to keep its decisions.`.toWellFormed(),
          `/v1/catalogs/${moved.id}`,
        );
      const created = await createCatalog(db, access.tenant, name, source);
      if (created === null) throw nameTaken(name);
      return reply.code(201).header("location", `/v1/catalogs/${created.id}`).send(created);
    },
  );

  app.get(
    "/catalogs",
    operation(
      "List catalogs",
      { 200: pageOf(Catalog) },
      {
        querystring: PageQuery.extend({
          name: z.string().optional().meta({ description: "Only the catalog of this name" }),
        }),
      },
    ),
    async ({ access, db, query: { name = null, ...query } }) =>
      readPage(query, BY_ID, (page) => listCatalogs(db, access.tenant, { ...page, name })),
  );

  app.get("/catalogs/:catalog", operation("Read a catalog", { 200: Catalog }), async ({ catalog }, reply) => {
    reply.header("etag", catalogEtag(catalog));
    return catalog;
  });

  app.patch(
    "/catalogs/:catalog",
    operation(
      "Rename a catalog, change what its next job lists, or where its folder is now",
      { 200: Catalog, 412: Problem },
      { headers: IfMatch, body: CatalogChange },
    ),
    async ({ catalog, db, headers, body }) => {
      requireMatch(headers, catalogEtag(catalog), "Someone changed this catalog since you read it. Read it again.");
      const { name = catalog.name } = body;
      const source = changedSource(catalog.source, body);
      if (source === null)
        throw conflict(
          "not-of-this-source",
          "Only a directory has a root, and a file of hashes has nothing to include or exclude.",
        );
      if (sourceLabel(source) !== sourceLabel(catalog.source)) {
        await requireSource(source, catalog.tenant, sources);
        if (await hasActiveJob(db, catalog.id))
          throw conflict("job-active", "This catalog has a job that is not over. Cancel it first.");
      }
      if (!(await changeCatalog(db, catalog, { name, source }))) throw nameTaken(name);
      return { ...catalog, name, source };
    },
  );

  app.post(
    "/catalogs/:catalog/deletion",
    operation("Ask to delete a catalog: gives the token that DELETE needs, good for ten minutes", {
      200: z.object({ token: z.string(), images: z.int() }),
    }),
    async ({ catalog: { id }, db }) => {
      const token = randomUUID();
      deletions.set(token, id);
      return { token, images: await countImages(db, id) };
    },
  );

  app.delete(
    "/catalogs/:catalog",
    operation(
      "Delete a catalog and all that is known of it; never a picture",
      { 204: z.void(), 409: Problem },
      { querystring: z.object({ token: z.string().max(200) }) },
    ),
    async ({ catalog: { id }, db, query }, reply) => {
      if (deletions.get(query.token) !== id)
        throw new HttpProblem(
          403,
          "not-confirmed",
          "The token is not for this catalog, or too old. Request another one.",
        );
      await db.transaction(async (tx) => {
        if (await hasActiveJob(tx, id))
          throw conflict("job-active", "This catalog has a job that is not over. Cancel it first.");
        await hideCatalog(tx, id);
      });
      return reply.code(204).send();
    },
  );

  app.get(
    "/catalogs/:catalog/statistics",
    operation(
      "How many images and groups there are, and what keeping one of each would free",
      { 200: Statistics },
      { config: { isCached: true } },
    ),
    async ({ catalog: { id }, db }) => {
      const latest = await latestResult(db, id);
      const byKind = latest === null ? [] : await groupStatistics(db, latest);
      const sum = (column: "groups" | "undecided" | "reopened" | "images" | "reclaimableBytes"): number =>
        byKind.reduce((total, row) => total + row[column], 0);
      return Statistics.parse({
        images: await countImages(db, id),
        job: latest?.jobId ?? null,
        groups: sum("groups"),
        undecided: sum("undecided"),
        reopened: sum("reopened"),
        groupedImages: sum("images"),
        reclaimableBytes: sum("reclaimableBytes"),
        storedBytes: await countStoredBytes(db, id),
        byKind,
      });
    },
  );
};

const nameTaken = (name: string): HttpProblem =>
  conflict("name-taken", `There is a catalog named ${JSON.stringify(name)} already.`);
