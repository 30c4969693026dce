import {
  createKey,
  insertAccessKey,
  listAccessKeys,
  revokeAccessKey,
} from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { notFound } from "../http/problems.ts";
import { AccessKey, keyResource, NewAccessKey } from "../resources/key.ts";

export const keyRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      "/keys",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Make an access key for this tenant; it is shown this once",
          body: NewAccessKey,
          response: { 201: AccessKey.extend({ key: z.string() }) },
        },
      },
      async ({ access, body }, reply) => {
        const key = createKey();
        const row = await insertAccessKey(db, { ...body, key, tenant: access.tenant });
        if (row === null) throw new Error("a new key was stored before");
        return reply
          .code(201)
          .header("cache-control", "no-store")
          .send({ ...keyResource(row), key });
      },
    );

    app.get(
      "/keys",
      {
        config: { scope: "admin" },
        schema: {
          summary: "The tenant's access keys, without the keys themselves",
          response: { 200: z.object({ items: z.array(AccessKey) }) },
        },
      },
      async ({ access }) => ({ items: (await listAccessKeys(db, access.tenant)).map(keyResource) }),
    );

    app.delete(
      "/keys/:key",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Revoke an access key, for good",
          params: z.object({ key: z.string() }),
          response: { 204: z.void() },
        },
      },
      async ({ access, params }, reply) => {
        if (!(await revokeAccessKey(db, access.tenant, params.key))) throw notFound("access key", params.key);
        return reply.code(204).send();
      },
    );
  };
