import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { jsonSchemaTransformObject } from "fastify-type-provider-zod";

type TransformObject = NonNullable<FastifyDynamicSwaggerOptions["transformObject"]>;
type Document = ReturnType<TransformObject>;

interface Operation {
  responses?: Record<string, { content?: Record<string, unknown> }>;
}

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

/** Adds what a route's schema can't express: errors are problem details, and 204 and 304 have no body. */
export const documentOf: TransformObject = (parts) => {
  const document: Document = jsonSchemaTransformObject(parts);
  const paths = (document.paths ?? {}) as Record<string, Record<string, Operation>>;
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations)))
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      if (Number(status) >= 400) response.content = PROBLEM;
      if (status === "204" || status === "304") delete response.content;
    }
  return document;
};
