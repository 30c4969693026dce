import { setMaxListeners } from "node:events";
import { finished } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import rateLimit, { normalizeIP } from "@fastify/rate-limit";
import type { ConnectionUse } from "@lookalike/shared/runtime/limit-connections";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { bodyTooLarge, HttpProblem, notFound } from "../http/problems.ts";
import { createAdmission, type FullLimit, NotAdmitted, type Sender } from "./admission.ts";
import { KEYLESS_PER_MINUTE, LIMITS, type Limit, type RequestKind } from "./limits.ts";
import { refusalDelays } from "./refusal-delays.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * Which limits the route has: by default those of page outside of /v1, of read for GET, and of write otherwise. null = none,
     * as for health checks.
     */
    kind?: RequestKind | null;
  }
}

const RETRY_SECONDS = 2;
const REFUSED = [429, 503];
/** Why a request ends. An AbortController without a reason makes an error with a stack, for each request. */
const GONE = "the client is gone";

/** Of IPv6 the network, because whoever has one address has 2^64 of them. */
export const addressOf = ({ ip }: FastifyRequest): string => `address ${normalizeIP(ip)}`;

const senderOf = (request: FastifyRequest): Sender => {
  // Outside of /v1, and before a request's key is found, there is none.
  const access: FastifyRequest["access"] | null | undefined = request.access;
  if (access == null) return { key: addressOf(request), tenant: addressOf(request) };
  return { key: `key ${access.id}`, tenant: `tenant ${access.tenant}` };
};

const problemOf = (full: FullLimit, { about, ...limit }: Limit): HttpProblem => {
  const kind = `${limit[full]} requests of this kind (${about.replaceAll("`", "")}) in progress`;
  switch (full) {
    case "perKey":
      return new HttpProblem(429, "too-many-at-once", `This access key has ${kind}. Wait until one of them is over.`);
    case "perTenant":
      return new HttpProblem(429, "too-many-at-once", `Your access keys have ${kind}. Wait until one of them is over.`);
    case "inAll":
      return new HttpProblem(503, "busy", `The server has ${kind}, and takes no more. Try again in a few seconds.`);
  }
};

/** Answers a request that takes too long, or ends its response where that has begun. */
const endLate = (reply: FastifyReply, seconds: number): void => {
  if (reply.raw.headersSent) reply.raw.destroy();
  else if (!reply.sent)
    reply
      .header("retry-after", RETRY_SECONDS)
      .send(
        new HttpProblem(
          503,
          "too-slow",
          `No answer after ${seconds} s, the limit of this kind of request. What it changes may still happen: look before you repeat it.`,
        ),
      );
};

/**
 * Applies {@link LIMITS} to every route that is added later: requests a minute, bytes of a body, requests at once and time. A request gets its turn
 * before its body is read, so that bodies of requests that wait take no memory.
 */
export const limitRequests = async (
  app: FastifyInstance,
  requestsPerMinute: number,
  connections: ConnectionUse,
): Promise<void> => {
  // Before its body is read: an address that nobody serves may not fill the memory.
  app.addHook("onRequest", async (request) => {
    if (request.is404) throw notFound("resource", request.url);
  });
  const perMinute = ({ access }: FastifyRequest): number =>
    access == null ? Math.min(KEYLESS_PER_MINUTE, requestsPerMinute) : requestsPerMinute;
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    hook: "onRequest",
    keyGenerator: (request) => senderOf(request).key,
    errorResponseBuilder: (request, { after }) =>
      new HttpProblem(429, "too-many-requests", `More than ${perMinute(request)} requests a minute. Wait ${after}.`),
  });
  app.addHook("onRoute", admitInTurn(connections));
  const delayOf = refusalDelays();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  app.addHook("preClose", async () => closing.abort());
  app.addHook("onSend", async (request, reply, payload) => {
    if (REFUSED.includes(reply.statusCode) && reply.hasHeader("retry-after"))
      await sleep(delayOf(senderOf(request).tenant, performance.now()), undefined, closing).catch(() => undefined);
    return payload;
  });
};

const usualKind = ({ url, method }: RouteOptions): RequestKind => {
  if (!url.startsWith("/v1/")) return "page";
  return method === "GET" || method === "HEAD" ? "read" : "write";
};

const admitInTurn = (connections: ConnectionUse) => {
  const admissions = new Map(
    Object.entries(LIMITS).map(([kind, limit]) => [kind as RequestKind, createAdmission(limit)]),
  );
  return (route: RouteOptions): void => {
    const { kind = usualKind(route) } = route.config ?? {};
    if (kind === null) return;
    const admission = admissions.get(kind);
    if (admission === undefined) throw new Error(`${route.url}: there are no limits of the kind ${kind}`);
    const limit: Limit = LIMITS[kind];
    const turns = new WeakMap<FastifyRequest, Turn>();
    const enter = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (Number(request.headers["content-length"]) > limit.bodyBytes) throw bodyTooLarge(request);
      const gone = new AbortController();
      const sender = senderOf(request);
      finished(reply.raw, () => gone.abort(GONE));
      const end = await admission.enter(sender, gone.signal).catch((error: unknown) => {
        if (!(error instanceof NotAdmitted)) throw error;
        reply.header("retry-after", RETRY_SECONDS);
        throw problemOf(error.full, limit);
      });
      const { seconds } = limit;
      const timer = seconds === null ? undefined : setTimeout(() => endLate(reply, seconds), seconds * 1_000).unref();
      const { socket } = request.raw;
      connections.start(socket);
      const turn = createTurn(() => {
        clearTimeout(timer);
        connections.end(socket);
        end();
      });
      turns.set(request, turn);
      if (gone.signal.aborted) turn.leave();
      else gone.signal.addEventListener("abort", () => turn.leave());
    };
    route.config = { ...route.config, kind };
    route.bodyLimit = limit.bodyBytes;
    route.onRequest = [route.onRequest ?? [], enter].flat();
    const { handler } = route;
    // A client that is gone does not end what its request does, which counts until it is done.
    route.handler = function (request, reply) {
      const turn = turns.get(request);
      const result: unknown = handler.call(this, request, reply);
      if (turn === undefined || !(result instanceof Promise)) return result;
      const leave = turn.hasEnded() ? admission.occupy(senderOf(request)) : turn.join();
      return result.finally(leave);
    };
  };
};

type Turn = ReturnType<typeof createTurn>;

/** A turn that lasts as long as the response and the handler, whichever is longer. */
const createTurn = (end: () => void) => {
  let users = 1;
  const leave = (): void => {
    users -= 1;
    if (users === 0) end();
  };
  return {
    leave,
    join: (): (() => void) => {
      users += 1;
      return leave;
    },
    hasEnded: (): boolean => users === 0,
  };
};
