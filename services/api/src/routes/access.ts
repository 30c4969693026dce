import {
  createKey,
  insertAccessKey,
  listAccessKeys,
  revokeAccessKey,
} from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf } from "../http/page.ts";
import { notFound } from "../http/problems.ts";
import { SESSION_COOKIE } from "../plugins/access.ts";
import { AccessKey, NewAccessKey } from "../resources/key.ts";

const YEAR_SECONDS = 31_536_000;

export const accessRoutes = (app: Version1, db: Db): void => {
  app.post(
    "/keys",
    operation(
      "Make an access key for this tenant; it is shown this once",
      { 201: AccessKey.extend({ key: z.string() }) },
      { body: NewAccessKey, config: { scope: "admin" } },
    ),
    async ({ access, body }, reply) => {
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
    async ({ access }) => ({ items: await listAccessKeys(db, access.tenant) }),
  );

  app.delete(
    "/keys/:key",
    operation(
      "Revoke an access key, for good",
      { 204: z.void() },
      { params: z.object({ key: z.string() }), config: { scope: "admin" } },
    ),
    async ({ access, params }, reply) => {
      if (!(await revokeAccessKey(db, access.tenant, params.key))) throw notFound("access key", params.key);
      return reply.code(204).send();
    },
  );

  app.post(
    "/session",
    operation(
      "Keep a key in the browser's cookie: what the review page does",
      { 204: z.void() },
      {
        security: [],
        body: z.strictObject({ key: z.string().min(1).max(200) }),
        config: { scope: null, kind: "session" },
      },
    ),
    async (request, reply) => {
      const { body, protocol } = request;
      await app.requireKey(request, reply, body.key);
      return reply
        .setCookie(SESSION_COOKIE, body.key, {
          httpOnly: true,
          sameSite: "strict",
          secure: protocol === "https",
          path: "/",
          maxAge: YEAR_SECONDS,
        })
        .code(204)
        .send();
    },
  );

  app.delete(
    "/session",
    operation(
      "Forget the browser's key",
      { 204: z.void() },
      { security: [], config: { scope: null, kind: "session" } },
    ),
    async (_request, reply) => reply.clearCookie(SESSION_COOKIE, { path: "/" }).code(204).send(),
  );
};
