import { countImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import { groupStatistics } from "@lookalike/shared/store/results/groups";
import { latestResult } from "@lookalike/shared/store/review/decisions";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { CatalogParams, catalogReader } from "../../http/tenant-scope.ts";
import { Problem } from "../../resources/problem.ts";
import { Statistics } from "../../resources/statistics.ts";

export const statisticsRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readCatalog = catalogReader(db);

    app.get(
      "/catalogs/:catalog/statistics",
      {
        config: { isCached: true },
        schema: {
          tags: ["catalogs"],
          summary: "How many images and groups there are, and what keeping one of each would free",
          params: CatalogParams,
          response: { 200: Statistics, 404: Problem },
        },
      },
      async ({ access, params }) => {
        const { id } = await readCatalog(access, params.catalog);
        const latest = await latestResult(db, id);
        const byKind = latest === null ? [] : await groupStatistics(db, latest);
        const sum = (column: "groups" | "undecided" | "images" | "reclaimableBytes"): number =>
          byKind.reduce((total, row) => total + row[column], 0);
        return Statistics.parse({
          images: await countImages(db, id),
          job: latest?.jobId ?? null,
          groups: sum("groups"),
          undecided: sum("undecided"),
          groupedImages: sum("images"),
          reclaimableBytes: sum("reclaimableBytes"),
          byKind,
        });
      },
    );
  };
