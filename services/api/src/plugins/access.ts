import cookie from "@fastify/cookie";
import { type AccessScope, allows } from "@lookalike/shared/domain/review/access";
import { batched } from "@lookalike/shared/runtime/batched";
import { type AccessKeyRow, findAccessKeys, isAccessKey } from "@lookalike/shared/store/access/access-keys";
import { findSessions, isSessionToken } from "@lookalike/shared/store/access/sessions";
import type { Db } from "@lookalike/shared/store/open";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../http/problems.ts";
import { addressOf } from "../limits/limit-requests.ts";
import { WRONG_KEYS_PER_MINUTE } from "../limits/limits.ts";
import { isSafe, mayUseCookie } from "./same-origin.ts";
import { sessionToken } from "./session-cookie.ts";

/** The access key of a request. Decisions record its name as who decided. */
export type Access = Pick<AccessKeyRow, "id" | "tenant" | "name" | "scope">;

declare module "fastify" {
  interface FastifyRequest {
    access: Access;
    /** The database as the key's tenant sees it. */
    db: Db;
  }
  interface FastifyContextConfig {
    /** The scope that the key must include: by default read for GET and HEAD, and write otherwise. null = no key is needed. */
    scope?: AccessScope | null;
  }
  interface FastifyInstance {
    /** The access of a request now, which ends with its key or session; null = none any more. @throws HttpProblem 403 for a foreign page */
    accessOf(request: FastifyRequest): Promise<Access | null>;
    /** The access of a key that a request sends. @throws HttpProblem 401 for a wrong key, 429 where its address sent many */
    requireKey(request: FastifyRequest, reply: FastifyReply, key: string): Promise<Access>;
  }
}

const CACHED_MS = 2_000;
const KEYS_PER_QUERY = 500;
const MINUTE_MS = 60_000;

/** Finds what a key or a token stands for, in memory for two seconds. Any number of wrong ones costs one query at a time. */
const cachedLookup = <Found extends object>(load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>) => {
  // A page of thumbnails is a hundred requests with one key. A revoked key stays valid for as long as it is cached.
  const cache = new LRUCache<string, Found>({ max: 1_000, ttl: CACHED_MS });
  const loadOne = batched(load, KEYS_PER_QUERY);
  return async (key: string): Promise<Found | null> => {
    const known = cache.get(key);
    if (known !== undefined) return known;
    const found = await loadOne(key);
    if (found !== null) cache.set(key, found);
    return found;
  };
};

/** Refuses requests without an access key of the route's scope, in the header or by the session of the review page. */
export const requireAccess = async (app: FastifyInstance, tenants: TenantStores): Promise<void> => {
  await app.register(cookie);
  app.decorateRequest("access", null as unknown as Access);
  app.decorateRequest("db", null as unknown as Db);
  // Whose a key is, is known once it is found.
  const { db } = tenants.everyTenant;
  const lookUpKey = cachedLookup<Access>((keys) => findAccessKeys(db, keys));
  const lookUpSession = cachedLookup((tokens) => findSessions(db, tokens));
  const findKey = async (key: string): Promise<Access | null> => (isAccessKey(key) ? lookUpKey(key) : null);
  const accessOf = async (request: FastifyRequest): Promise<Access | null> => {
    const key = bearerKey(request);
    if (key !== undefined) return findKey(key);
    const token = sessionToken(request);
    if (token === undefined || !isSessionToken(token)) return null;
    const session = await lookUpSession(token);
    if (session === null || session.host !== request.host) return null;
    if (!mayUseCookie(request)) throw foreignOrigin();
    return session.access;
  };
  const countRefused = app.createRateLimit({
    max: WRONG_KEYS_PER_MINUTE,
    timeWindow: MINUTE_MS,
    keyGenerator: addressOf,
  });
  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
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
  };
  app.decorate("accessOf", accessOf);
  app.decorate("requireKey", async (request, reply, key) => (await findKey(key)) ?? refuse(request, reply));
  app.addHook("onRequest", async (request, reply) => {
    const { scope = isSafe(request) ? "read" : "write" } = request.routeOptions.config;
    if (scope === null) return;
    const access = (await accessOf(request)) ?? (await refuse(request, reply));
    if (!allows(access.scope, scope))
      throw new HttpProblem(403, "scope", `This needs a key of scope ${scope}; this one is of scope ${access.scope}.`);
    request.access = access;
    request.db = tenants.ofTenant(access.tenant).db;
  });
};

const bearerKey = ({ headers }: FastifyRequest): string | undefined =>
  headers.authorization?.match(/^Bearer +(\S+)$/i)?.[1];

/** The key or the session's token that a request was let in with. */
export const credentialOf = (request: FastifyRequest): string => {
  const credential = bearerKey(request) ?? sessionToken(request);
  if (credential === undefined) throw new Error("a request without a credential was let in");
  return credential;
};

/** A page of another origin sent the request with this browser's session. */
export const foreignOrigin = (): HttpProblem =>
  new HttpProblem(
    403,
    "foreign-origin",
    "A page of another origin can't use this browser's session. Behind a proxy, LOOKALIKE_TRUSTED_PROXIES must name it.",
  );
