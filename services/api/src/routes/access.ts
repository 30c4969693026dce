import {
  createKey,
  insertAccessKey,
  listAccessKeys,
  revokeAccessKey,
} from "@lookalike/shared/store/access/access-keys";
import { createSession, deleteSession } from "@lookalike/shared/store/access/sessions";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf } from "../http/page.ts";
import { notFound } from "../http/problems.ts";
import { foreignOrigin } from "../plugins/access.ts";
import { maySignIn, mayUseCookie } from "../plugins/same-origin.ts";
import { clearSessionCookies, sessionToken, setSessionCookie } from "../plugins/session-cookie.ts";
import { AccessKey, NewAccessKey, NewSession } from "../resources/key.ts";

export const accessRoutes = (app: Version1, tenants: TenantStores): void => {
  app.post(
    "/keys",
    operation(
      "Make an access key for this tenant; it is shown this once",
      { 201: AccessKey.extend({ key: z.string() }) },
      { body: NewAccessKey, config: { scope: "admin" } },
    ),
    async ({ access, db, body }, reply) => {
      const key = createKey();
      const row = await insertAccessKey(db, { ...body, key, tenant: access.tenant });
      if (row === null) throw new Error("a new key was stored before");
      reply.code(201).header("cache-control", "no-store");
      return { ...row, key };
    },
  );

  app.get(
    "/keys",
    operation(
      "The tenant's access keys, without the keys themselves",
      { 200: listOf(AccessKey) },
      { config: { scope: "admin" } },
    ),
    async ({ access, db }) => ({ items: await listAccessKeys(db, access.tenant) }),
  );

  app.delete(
    "/keys/:key",
    operation(
      "Revoke an access key, for good",
      { 204: z.void() },
      { params: z.object({ key: z.string() }), config: { scope: "admin" } },
    ),
    async ({ access, db, params }, reply) => {
      if (!(await revokeAccessKey(db, access.tenant, params.key))) throw notFound("access key", params.key);
      return reply.code(204).send();
    },
  );

  app.post(
    "/session",
    operation(
      "Sign this browser in with a key: what the review page does",
      { 204: z.void() },
      { security: [], body: NewSession, config: { scope: null, kind: "session" } },
    ),
    async (request, reply) => {
      if (!maySignIn(request)) throw foreignOrigin();
      const { key, insecure } = request.body;
      const { id, tenant } = await app.requireKey(request, reply, key);
      setSessionCookie(request, reply, await createSession(tenants.ofTenant(tenant).db, id, request.host), insecure);
      return reply.code(204).send();
    },
  );

  app.delete(
    "/session",
    operation("Sign this browser out", { 204: z.void() }, { security: [], config: { scope: null, kind: "session" } }),
    async (request, reply) => {
      const token = sessionToken(request);
      if (token !== undefined && !mayUseCookie(request)) throw foreignOrigin();
      if (token !== undefined) await deleteSession(tenants.everyTenant.db, token);
      clearSessionCookies(request, reply);
      // Pictures are cached for a year.
      reply.header("clear-site-data", '"cache"');
      return reply.code(204).send();
    },
  );
};
