import { httpSeconds } from "@lookalike/shared/runtime/metrics";
import { openSpan } from "@lookalike/shared/runtime/tracing";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Measures each request, and opens a span that is the parent of every span in its route. */
export const observe = (app: FastifyInstance): void => {
  const spans = new WeakMap<FastifyRequest, ReturnType<typeof openSpan>>();
  app.addHook("onRequest", (request, _reply, done) => {
    const { method, routeOptions, headers } = request;
    const span = openSpan(`${method} ${routeOptions.url ?? "none"}`, {
      kind: "server",
      parent: headers.traceparent?.toString(),
      attributes: { "http.request.method": method, "http.route": routeOptions.url ?? "none" },
    });
    spans.set(request, span);
    span.run(done);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    httpSeconds.observe(
      { method, route: routeOptions.url ?? "none", status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    spans.get(request)?.end({ "http.response.status_code": reply.statusCode });
  });
};
