import { createServer, type ServerOptions } from "node:http";
import { loopTurns } from "@lookalike/shared/runtime/loop-turns";
import type { FastifyServerFactory } from "fastify";

/** Paths whose requests are answered before all others: an orchestrator restarts what does not answer. */
const HEALTH: readonly (string | undefined)[] = ["/healthz", "/readyz"];

/**
 * Makes an HTTP server that answers health checks as they arrive, and begins every other request in a turn of the event loop.
 * Of thousands that arrive at once, those of one sender wait for each other, and a health check waits for one of them.
 */
export const serveInTurns =
  (options: ServerOptions): FastifyServerFactory =>
  (handler) => {
    const server = createServer(options, async (request, response) => {
      if (!HEALTH.includes(request.url?.split("?")[0])) {
        const { authorization, cookie } = request.headers;
        await loopTurns.take(authorization ?? cookie ?? request.socket.remoteAddress ?? "no address");
      }
      handler(request, response);
    });
    return server.on("connection", () => loopTurns.connected());
  };
