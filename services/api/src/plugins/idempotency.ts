import { createHash } from "node:crypto";
import { claimRequest, releaseRequest, storeResponse } from "@lookalike/shared/store/access/idempotency";
import type { Db } from "@lookalike/shared/store/open";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { conflict, HttpProblem } from "../http/problems.ts";

const MAX_KEY = 255;

/**
 * Executes a POST with an Idempotency-Key once; a repetition gets the stored response.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export const honourIdempotencyKeys = (app: FastifyInstance, db: Db): void => {
  // The name under which a response is stored.
  const names = new WeakMap<FastifyRequest, { readonly tenant: string; readonly key: string }>();
  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    if (request.method !== "POST" || key === undefined || request.access === null) return;
    if (typeof key !== "string" || key.length === 0 || key.length > MAX_KEY)
      throw new HttpProblem(400, "bad-idempotency-key", `Idempotency-Key: 1 to ${MAX_KEY} characters, once.`);
    const name = { tenant: request.access.tenant, key };
    const first = await claimRequest(db, name, digestOf(request));
    if (first === null) {
      names.set(request, name);
      return;
    }
    if (first.digest !== digestOf(request))
      throw new HttpProblem(422, "idempotency-key-reused", "This Idempotency-Key was used for another request.");
    if (first.status === null)
      throw conflict("in-progress", "The first request with this Idempotency-Key is not answered yet.");
    if (first.location !== null) reply.header("location", first.location);
    await reply
      .code(first.status)
      .header("idempotency-replayed", "true")
      .type(first.status < 400 ? "application/json; charset=utf-8" : "application/problem+json")
      // Bytes, since fastify adds a charset to the type of a text.
      .send(Buffer.from(first.body ?? ""));
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const name = names.get(request);
    if (name === undefined) return payload;
    // A failure of ours and "too many requests" are not final: the client may try again under the same key.
    // Without PostgreSQL the key is released by its age.
    if (reply.statusCode >= 500 || reply.statusCode === 429)
      await releaseRequest(db, name).catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
      });
    else {
      const location = reply.getHeader("location");
      await storeResponse(db, name, {
        status: reply.statusCode,
        location: typeof location === "string" ? location : null,
        body: typeof payload === "string" ? payload : null,
      });
    }
    return payload;
  });
};

const digestOf = ({ method, url, body }: FastifyRequest): string =>
  createHash("sha256")
    .update(`${method} ${url}\n${JSON.stringify(body ?? null)}`)
    .digest("base64url");
