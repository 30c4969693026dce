import { findAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { HttpProblem } from "../http/problems.ts";
import { SESSION_COOKIE } from "../plugins/access.ts";

const YEAR_SECONDS = 31_536_000;

export const sessionRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      "/session",
      {
        config: { scope: null },
        schema: {
          summary: "Keep a key in the browser's cookie: what the review page does",
          security: [],
          body: z.strictObject({ key: z.string().min(1).max(200) }),
          response: { 204: z.void() },
        },
      },
      async ({ body: { key }, protocol }, reply) => {
        if ((await findAccessKey(db, key)) === null)
          throw new HttpProblem(401, "no-access", "This access key is not valid.");
        return reply
          .setCookie(SESSION_COOKIE, key, {
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
      {
        config: { scope: null },
        schema: {
          summary: "Forget the browser's key",
          security: [],
          response: { 204: z.void() },
        },
      },
      async (_request, reply) => reply.clearCookie(SESSION_COOKIE, { path: "/" }).code(204).send(),
    );
  };
