import { finished, type Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import type { Version1 } from "../http/operation.ts";
import { bodyTooLarge, HttpProblem } from "../http/problems.ts";
import { type Spool, type SpooledFile, TooLarge } from "./spool.ts";

/** Stores bodies of these types as files, which are deleted when their requests are over. */
export const spoolBodies = (app: Version1, spool: Spool, type: string | RegExp): void => {
  const files = new WeakMap<FastifyRequest, SpooledFile>();
  app.addHook("onRequest", async (request, reply) => {
    finished(reply.raw, () => void files.get(request)?.delete());
  });
  app.addContentTypeParser(type, async (request: FastifyRequest, payload: Readable) => {
    const file = await spool.store(payload, request.routeOptions.bodyLimit).catch((error: unknown) => {
      if (error instanceof TooLarge) throw bodyTooLarge(request);
      throw request.raw.destroyed ? new HttpProblem(400, "aborted", "The body broke off.") : error;
    });
    files.set(request, file);
    return file;
  });
};

export const isSpooled = (body: unknown): body is SpooledFile =>
  typeof body === "object" && body !== null && "delete" in body && "path" in body;
