import cookie from "@fastify/cookie";
import { type AccessScope, allows } from "@lookalike/shared/domain/review/access";
import { batched } from "@lookalike/shared/runtime/batched";
import { type AccessKeyRow, findAccessKeys, isAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../http/problems.ts";
import { addressOf } from "../limits/limit-requests.ts";
import { WRONG_KEYS_PER_MINUTE } from "../limits/limits.ts";

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
  interface FastifyInstance {
    /** The access of a request now, which ends with its key; null = none any more. */
    accessOf(request: FastifyRequest): Promise<Access | null>;
    /** The access of a key that a request sends. @throws HttpProblem 401 for a wrong key, 429 where its address sent many */
    requireKey(request: FastifyRequest, reply: FastifyReply, key: string | undefined): Promise<Access>;
  }
}

/** The cookie of the review page's key: a browser sends no header with images and event streams. */
export const SESSION_COOKIE = "lookalike_key";

const CACHED_MS = 2_000;
const KEYS_PER_QUERY = 500;
const MINUTE_MS = 60_000;

/** Refuses requests without an access key of the route's scope, in the header or the review page's cookie. */
export const requireAccess = async (app: FastifyInstance, db: Db): Promise<void> => {
  await app.register(cookie);
  app.decorateRequest("access", null as unknown as Access);
  // A page of thumbnails is a hundred requests with one key. A revoked key stays valid for as long as it is cached.
  const cache = new LRUCache<string, Access>({ max: 1_000, ttl: CACHED_MS });
  // Any number of wrong keys costs one query at a time, so that right ones are found beside them.
  const load = batched((keys: readonly string[]) => findAccessKeys(db, keys), KEYS_PER_QUERY);
  const find = async (key: string): Promise<Access | null> => {
    if (!isAccessKey(key)) return null;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const access = await load(key);
    if (access !== null) cache.set(key, access);
    return access;
  };
  const countRefused = app.createRateLimit({
    max: WRONG_KEYS_PER_MINUTE,
    timeWindow: MINUTE_MS,
    keyGenerator: addressOf,
  });
  app.decorate("accessOf", async (request) => {
    const key = keyOf(request);
    return key === undefined ? null : find(key);
  });
  app.decorate("requireKey", async (request, reply, key) => {
    const access = key === undefined ? null : await find(key);
    if (access !== null) return access;
    const counted = await countRefused(request);
    if (counted.isAllowed || !counted.isExceeded) {
      reply.header("www-authenticate", "Bearer");
      throw new HttpProblem(401, "no-access", "Send a valid access key: Authorization: Bearer lk_…");
    }
    reply.header("retry-after", counted.ttlInSeconds);
    throw new HttpProblem(
      429,
      "too-many-wrong-keys",
      `More than ${WRONG_KEYS_PER_MINUTE} requests a minute without a valid access key came from your address. Wait ${counted.ttlInSeconds} s; with a valid key you are served at once.`,
    );
  });
  app.addHook("onRequest", async (request, reply) => {
    const { scope = request.method === "GET" ? "read" : "write" } = request.routeOptions.config;
    if (scope === null) return;
    const access = await app.requireKey(request, reply, keyOf(request));
    if (!allows(access.scope, scope))
      throw new HttpProblem(403, "scope", `This needs a key of scope ${scope}; this one is of scope ${access.scope}.`);
    request.access = access;
  });
};

const keyOf = ({ headers, cookies }: FastifyRequest): string | undefined =>
  headers.authorization?.match(/^Bearer +(\S+)$/i)?.[1] ?? cookies[SESSION_COOKIE];
