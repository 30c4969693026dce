import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import type { SealingKeys } from "@lookalike/shared/store/access/seal";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Archiver } from "../archive/archiver.ts";
import type { Bulk } from "../bulk/bulk.ts";
import type { Decoders } from "../decode/decoders.ts";
import type { Version1 } from "../http/operation.ts";
import { Problem } from "../http/problems.ts";
import { picturesIn } from "../pictures/picture.ts";
import type { Thumbnails } from "../pictures/thumbnails.ts";
import { requireAccess } from "../plugins/access.ts";
import { honourIdempotencyKeys } from "../plugins/idempotency.ts";
import { cacheResponses } from "../plugins/response-cache.ts";
import { loadNamedByPath } from "../plugins/tenant-scope.ts";
import { createLookAt } from "../query/look-at.ts";
import type { Nearest } from "../query/nearest.ts";
import type { Spool } from "../spool/spool.ts";
import { accessRoutes } from "./access.ts";
import { archiveRoutes } from "./archives.ts";
import { catalogRoutes } from "./catalogs.ts";
import { decisionRoutes } from "./decisions.ts";
import { exportRoutes } from "./exports.ts";
import { folderRoutes } from "./folders.ts";
import { groupRoutes } from "./groups.ts";
import { imageRoutes } from "./images.ts";
import { jobRoutes } from "./jobs.ts";
import { queryRoutes } from "./query.ts";
import { tenantRoutes } from "./tenants.ts";
import { webhookRoutes } from "./webhooks.ts";

/** What the routes work with. */
export interface Version1Parts {
  /** The database, as each tenant sees it. */
  readonly tenants: TenantStores;
  readonly archiver: Archiver;
  /** The folders and buckets that each tenant's sources may be in. */
  readonly sources: AllowedSources;
  readonly thumbnails: Thumbnails;
  readonly nearest: Nearest;
  readonly decoders: Pick<Decoders, "hash" | "verify">;
  readonly spool: Spool;
  readonly bulk: Bulk;
  /** Whether webhooks may lead into private networks. */
  readonly webhooksInside: boolean;
  /** They seal the secrets of webhooks; without one there are no webhooks. */
  readonly sealingKeys: SealingKeys;
}

/** Responses that routes may give beside those of their own schemas: every route, one of a resource, one with a body. */
const ANYWHERE = { 400: Problem, 401: Problem, 403: Problem, 414: Problem, 429: Problem, 431: Problem, 503: Problem };
const OF_RESOURCE = { 404: Problem };
const WITH_BODY = { 409: Problem, 413: Problem, 415: Problem, 422: Problem };

/** The routes under /v1: each needs an access key, unless it says otherwise. */
export const version1 =
  ({
    tenants,
    archiver,
    sources,
    thumbnails,
    nearest,
    decoders,
    spool,
    bulk,
    webhooksInside,
    sealingKeys,
  }: Version1Parts) =>
  async (app: FastifyInstance): Promise<void> => {
    app.addHook("onRoute", ({ schema, method, url }) => {
      if (schema === undefined) return;
      schema.response = {
        ...ANYWHERE,
        ...(url.includes(":") ? OF_RESOURCE : {}),
        ...(method === "POST" || method === "PATCH" ? WITH_BODY : {}),
        ...(schema.response as object | undefined),
      };
    });
    await requireAccess(app, tenants);
    honourIdempotencyKeys(app);
    cacheResponses(app);
    loadNamedByPath(app);
    const picturesOf = picturesIn(sources);
    // The document lists routes by these tags.
    const routes: Record<string, (app: Version1) => void> = {
      access: (tagged) => accessRoutes(tagged, tenants),
      tenants: (tagged) => tenantRoutes(tagged, tenants),
      catalogs: (tagged) => catalogRoutes(tagged, sources),
      folders: (tagged) => folderRoutes(tagged, sources),
      images: (tagged) => imageRoutes(tagged, thumbnails, picturesOf),
      jobs: (tagged) => jobRoutes(tagged, picturesOf),
      decisions: (tagged) => decisionRoutes(tagged, { bulk, spool }),
      archives: (tagged) => archiveRoutes(tagged, archiver, sources),
      query: (tagged) => queryRoutes(tagged, { nearest, decoders, spool }),
      groups: (tagged) => groupRoutes(tagged, createLookAt({ decoders, spool, picturesOf })),
      exports: exportRoutes,
      webhooks: (tagged) => webhookRoutes(tagged, webhooksInside, sealingKeys),
    };
    for (const [tag, addRoutes] of Object.entries(routes))
      await app.register(async (tagged) => {
        tagged.addHook("onRoute", ({ schema }) => {
          if (schema !== undefined) schema.tags = [tag];
        });
        addRoutes(tagged.withTypeProvider<ZodTypeProvider>());
      });
  };
