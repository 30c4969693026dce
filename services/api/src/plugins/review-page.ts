import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";

const ROOT = join(dirname(createRequire(import.meta.url).resolve("@lookalike/review/package.json")), "dist", "page");

/** The page may only send requests to its own origin. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Serves the review page at `/` if it was built. */
export const reviewPage: FastifyPluginAsync = async (app) => {
  if (!existsSync(ROOT)) return;
  await app.register(fastifyStatic, {
    root: ROOT,
    wildcard: false,
    preCompressed: true,
    // An asset's name changes with its content, but the page's does not, so browsers revalidate the page.
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header("content-security-policy", CONTENT_SECURITY_POLICY);
      reply.header("cache-control", path.includes("assets") ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
};
