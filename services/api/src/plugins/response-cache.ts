import { coalesce } from "@lookalike/shared/runtime/coalesce";
import type { Db } from "@lookalike/shared/store/open";
import { readSnapshot } from "@lookalike/shared/store/snapshot";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { rawSerializer } from "../http/raw-serializer.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The answer follows from the database and the address alone. */
    kept?: boolean;
  }
  interface FastifyRequest {
    /** The database's snapshot before the answer was read; null = the answer is not kept. */
    snapshot: string | null;
  }
}

interface Answer {
  readonly snapshot: string;
  readonly body: Buffer;
  readonly headers: Record<string, string>;
}

const KEPT_BYTES = 67_108_864;
/** Transaction numbers may come again after a failover to a replica that lagged. */
const KEPT_MS = 60_000;

/**
 * Answers again with the same bytes for as long as PostgreSQL shows the same data: the snapshot of
 * all transactions says so, whoever writes. Nothing is ever answered that a read now would not give.
 */
export const cacheResponses = (app: FastifyInstance, db: Db): void => {
  const answers = new LRUCache<string, Answer>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ body }) => body.length + 1_024,
    ttl: KEPT_MS,
  });
  const snapshotNow = coalesce(() => readSnapshot(db));
  app.decorateRequest("snapshot", null);
  app.addHook("preHandler", async (request, reply) => {
    if (request.routeOptions.config.kept !== true) return;
    const snapshot = await snapshotNow();
    const answer = answers.get(nameOf(request));
    if (answer === undefined || answer.snapshot !== snapshot) request.snapshot = snapshot;
    else await reply.headers(answer.headers).serializer(rawSerializer).send(answer.body);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const { snapshot } = request;
    if (snapshot === null || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const etag = reply.getHeader("etag");
    const headers = {
      "content-type": String(reply.getHeader("content-type")),
      ...(typeof etag === "string" ? { etag } : {}),
    };
    answers.set(nameOf(request), { snapshot, body: Buffer.from(payload), headers });
    return payload;
  });
};

const nameOf = ({ access, url }: FastifyRequest): string => `${access.tenant} ${url}`;
