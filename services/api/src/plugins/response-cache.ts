import { coalesce } from "@lookalike/shared/runtime/coalesce";
import { readSnapshot } from "@lookalike/shared/store/open";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether responses are cached: they must depend on nothing but the database, the tenant and the URL. */
    isCached?: boolean;
  }
}

export const CACHE_BYTES = 67_108_864;
/** After a failover to a replica that lagged, PostgreSQL may use a transaction number a second time. */
const CACHED_MS = 60_000;

/**
 * Answers with the same bytes for as long as PostgreSQL shows the same data, which the snapshot of all
 * transactions says, whoever writes: a cached response is always what a read would return now.
 */
export const cacheResponses = (app: FastifyInstance): void => {
  const cache = new LRUCache<
    string,
    { readonly snapshot: string; readonly body: Buffer; readonly headers: Record<string, string> }
  >({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ body }) => body.length + 1_024,
    ttl: CACHED_MS,
  });
  // A snapshot is of the whole server, whoever reads it.
  const snapshotNow = coalesce(readSnapshot);
  // The database's snapshot before a response was read, for responses that are cached.
  const snapshots = new WeakMap<FastifyRequest, string>();
  app.addHook("preHandler", async (request, reply) => {
    if (request.routeOptions.config.isCached !== true) return;
    const snapshot = await snapshotNow(request.db);
    const cached = cache.get(cacheKey(request));
    if (cached === undefined || cached.snapshot !== snapshot) snapshots.set(request, snapshot);
    else await reply.headers(cached.headers).send(cached.body);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const snapshot = snapshots.get(request);
    if (snapshot === undefined || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const etag = reply.getHeader("etag");
    const headers = {
      "content-type": String(reply.getHeader("content-type")),
      ...(typeof etag === "string" ? { etag } : {}),
    };
    cache.set(cacheKey(request), { snapshot, body: Buffer.from(payload), headers });
    return payload;
  });
};

const cacheKey = ({ access, url }: FastifyRequest): string => `${access.tenant} ${url}`;
