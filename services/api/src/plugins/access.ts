import cookie from "@fastify/cookie";
import { type AccessScope, allows } from "@lookalike/shared/domain/review/access";
import { type AccessKeyRow, findAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../http/problems.ts";

/** The access key of a request. Decisions record its name as who decided. */
export type Access = Pick<AccessKeyRow, "id" | "tenant" | "name" | "scope">;

declare module "fastify" {
  interface FastifyRequest {
    access: Access;
  }
  interface FastifyContextConfig {
    /** The scope that the key must include: by default read for GET, and write otherwise. null = no key is needed. */
    scope?: AccessScope | null;
  }
}

/** The cookie of the review page's key: a browser sends no header with images and event streams. */
export const SESSION_COOKIE = "lookalike_key";

const CACHED_MS = 2_000;

/** Refuses requests without an access key of the route's scope, in the header or the review page's cookie. */
export const requireAccess = async (app: FastifyInstance, db: Db): Promise<void> => {
  await app.register(cookie);
  app.decorateRequest("access", null as unknown as Access);
  // A page of thumbnails is a hundred requests with one key. A revoked key stays valid for as long as it is cached.
  const cache = new LRUCache<string, { readonly access: Access | null }>({
    max: 1_000,
    ttl: CACHED_MS,
    fetchMethod: async (key) => ({ access: await findAccessKey(db, key) }),
  });
  app.addHook("onRequest", async (request, reply) => {
    const { scope = request.method === "GET" ? "read" : "write" } = request.routeOptions.config;
    if (scope === null) return;
    const key = keyOf(request);
    const access = key === undefined ? null : (await cache.fetch(key))?.access;
    if (access == null) {
      reply.header("www-authenticate", "Bearer");
      throw new HttpProblem(401, "no-access", "Send a valid access key: Authorization: Bearer lk_…");
    }
    if (!allows(access.scope, scope))
      throw new HttpProblem(403, "scope", `This needs a key of scope ${scope}; this one is of scope ${access.scope}.`);
    request.access = access;
  });
};

const keyOf = ({ headers, cookies }: FastifyRequest): string | undefined =>
  headers.authorization?.match(/^Bearer +(\S+)$/i)?.[1] ?? cookies[SESSION_COOKIE];
