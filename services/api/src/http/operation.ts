import type { FastifyContextConfig, FastifySchema } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";

/** The application that routes are added to: their schemas give the types of their requests. */
export type Version1 = Parameters<FastifyPluginAsyncZod>[0];

/**
 * A route's options.
 * @param summary what the document says of the route
 * @param response what it answers, by status, beside the problems that version-1.ts adds
 * @param request schemas of what it takes, more for the document, and its config
 */
export const operation = <
  Response extends Record<number, z.ZodType>,
  Request extends FastifySchema & { readonly config?: FastifyContextConfig },
>(
  summary: string,
  response: Response,
  { config = {}, ...request }: Request = {} as Request,
) => ({ config, schema: { summary, response, ...request } });
