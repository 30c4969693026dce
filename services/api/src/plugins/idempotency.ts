import { createHash, type Hash } from "node:crypto";
import { pipeline, Transform } from "node:stream";
import { claimRequest, releaseRequest, storeResponse } from "@lookalike/shared/store/access/idempotency";
import { seal, sealingKeyFrom, unseal } from "@lookalike/shared/store/access/seal";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { conflict, HttpProblem } from "../http/problems.ts";
import { credentialOf } from "./access.ts";

const MAX_KEY = 255;

/**
 * Executes a POST with an Idempotency-Key once; a repetition gets the stored response.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export const honourIdempotencyKeys = (app: FastifyInstance): void => {
  // The name under which a response is stored.
  const names = new WeakMap<
    FastifyRequest,
    { readonly tenant: string; readonly key: string; readonly digest: string }
  >();
  // Digests of method, address and body. A body may be large, so it is digested piece by piece, as it arrives.
  const digests = new WeakMap<FastifyRequest, Hash>();
  app.addHook("preParsing", async (request, _reply, payload) => {
    const { method, url, headers } = request;
    if (method !== "POST" || headers["idempotency-key"] === undefined) return payload;
    const digest = createHash("sha256").update(`${method} ${url}\n`);
    digests.set(request, digest);
    const copy = new Transform({
      transform(piece: Buffer, _encoding, done) {
        digest.update(piece);
        done(null, piece);
      },
    });
    return pipeline(payload, copy, () => undefined);
  });
  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    if (request.method !== "POST" || key === undefined || request.access === null) return;
    if (typeof key !== "string" || key.length === 0 || key.length > MAX_KEY)
      throw new HttpProblem(400, "bad-idempotency-key", `Idempotency-Key: 1 to ${MAX_KEY} characters, once.`);
    const name = { tenant: request.access.tenant, key };
    const digest = digests.get(request)?.digest("base64url");
    if (digest === undefined) throw new Error("the body of a request with an Idempotency-Key was not digested");
    const first = await claimRequest(request.db, name, digest);
    if (first === null) {
      names.set(request, { ...name, digest });
      return;
    }
    if (first.digest !== digest)
      throw new HttpProblem(422, "idempotency-key-reused", "This Idempotency-Key was used for another request.");
    if (first.status === null)
      throw conflict("in-progress", "The first request with this Idempotency-Key is not answered yet.");
    const body = unseal(bodyKeyOf(request), digest, Buffer.from(first.sealedBody ?? "", "base64"));
    if (body === null)
      throw new HttpProblem(
        422,
        "idempotency-key-reused",
        "This Idempotency-Key was used with another access key, which alone can read the stored answer.",
      );
    if (first.location !== null) reply.header("location", first.location);
    await reply
      .code(first.status)
      .header("idempotency-replayed", "true")
      .type(first.status < 400 ? "application/json; charset=utf-8" : "application/problem+json")
      // Bytes, since fastify adds a charset to the type of a text.
      .send(Buffer.from(body));
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const name = names.get(request);
    if (name === undefined) return payload;
    // A failure of ours and "too many requests" are not final: the client may try again under the same key.
    // Without PostgreSQL the key is released by its age.
    if (reply.statusCode >= 500 || reply.statusCode === 429)
      await releaseRequest(request.db, name).catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
      });
    else {
      const location = reply.getHeader("location");
      await storeResponse(request.db, name, {
        status: reply.statusCode,
        location: typeof location === "string" ? location : null,
        sealedBody: seal(bodyKeyOf(request), name.digest, typeof payload === "string" ? payload : "").toString(
          "base64",
        ),
      });
    }
    return payload;
  });
};

// A stored response may contain a new key. It is sealed with the credential that the request came with, of which only a
// digest is stored: who reads the table, or a backup of it, reads no response.
const bodyKeyOf = (request: FastifyRequest): Buffer => sealingKeyFrom(credentialOf(request), "stored responses");
