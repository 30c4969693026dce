import cookie from "@fastify/cookie";
import { type AccessScope, allows } from "@lookalike/shared/domain/review/access";
import { findAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../http/problems.ts";

/** On whose behalf a request is made. */
export interface Access {
  readonly keyId: string;
  readonly tenant: string;
  /** Of the key: who decided, in decisions. */
  readonly name: string;
  readonly scope: AccessScope;
}

declare module "fastify" {
  interface FastifyRequest {
    access: Access;
  }
  interface FastifyContextConfig {
    /** What the key must allow; left out: read for GET, write for everything else. null = no key at all. */
    scope?: AccessScope | null;
  }
}

/** The page keeps its key here: images and event streams can't send a header. */
export const SESSION_COOKIE = "lookalike_key";

const CACHED_MS = 2_000;

/** Every request below needs a key, from the header or the page's cookie, whose scope allows it. */
export const requireAccess = async (app: FastifyInstance, db: Db): Promise<void> => {
  await app.register(cookie);
  app.decorateRequest("access", null as unknown as Access);
  // A page of thumbnails is a hundred requests: the key is not looked up for each. Revoking takes as long.
  const known = new LRUCache<string, { access: Access | null }>({ max: 1_000, ttl: CACHED_MS });
  const accessOf = async (key: string): Promise<Access | null> => {
    const found = known.get(key);
    if (found !== undefined) return found.access;
    const row = await findAccessKey(db, key);
    const access = row === null ? null : { keyId: row.id, tenant: row.tenant, name: row.name, scope: row.scope };
    known.set(key, { access });
    return access;
  };
  app.addHook("onRequest", async (request, reply) => {
    const { scope = request.method === "GET" ? "read" : "write" } = request.routeOptions.config;
    if (scope === null) return;
    const access = await accessOf(keyOf(request) ?? "");
    if (access === null) {
      reply.header("www-authenticate", "Bearer");
      throw new HttpProblem(401, "no-access", "Give an access key that is valid: Authorization: Bearer lk_…");
    }
    if (!allows(access.scope, scope))
      throw new HttpProblem(403, "scope", `This needs a key of scope ${scope}; this one is of scope ${access.scope}.`);
    request.access = access;
  });
};

const keyOf = ({ headers, cookies }: FastifyRequest): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? cookies[SESSION_COOKIE];
