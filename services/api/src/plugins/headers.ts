import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";

/** What a response that says nothing else may do in a browser: nothing. */
const HEADERS = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** The headers of every response, also of an error. @see https://owasp.org/www-project-secure-headers */
export const secureHeaders = (app: FastifyInstance): void => {
  app.addHook("onRequest", async ({ url }, reply) => {
    reply.headers(HEADERS);
    // What the API says is one owner's: a browser asks for it again, and no cache between stores it.
    if (url.startsWith("/v1/")) reply.header("cache-control", "private, no-cache");
  });
  // The response to HEAD has no body: fastify would read a whole file to throw it away.
  app.addHook("onSend", async ({ method }, _reply, payload) => {
    if (method !== "HEAD" || !(payload instanceof Readable)) return payload;
    payload.on("error", () => undefined).destroy();
    return Readable.from([]);
  });
};
