import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

/** An answer other than success, as RFC 9457 problem details. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, detail: string) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

export const notFound = (thing: string, id: string): HttpProblem =>
  new HttpProblem(404, "not-found", `There is no ${thing} ${id}.`);

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  409: "Conflict",
  410: "Gone",
  412: "Precondition failed",
  413: "Too large",
  414: "URI too long",
  415: "Unsupported media type",
  422: "Unprocessable content",
  429: "Too many requests",
  416: "Range not satisfiable",
  500: "Internal error",
};

/** Turns whatever a route throws into `application/problem+json`. */
export const answerProblem = (
  error: FastifyError | HttpProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      pointer: instancePath,
      detail: message ?? "",
    }));
    return send(reply, 400, "invalid-request", "The request does not fit the schema.", errors);
  }
  if (error instanceof HttpProblem) return send(reply, error.status, error.type, error.message);
  if (TEXT_REFUSED.has(codeOf(error)))
    return send(reply, 400, "invalid-text", "A text in the request can't be stored: it has a NUL or half a character.");
  const status = error.statusCode ?? 500;
  if (status < 500) return send(reply, status, "invalid-request", error.message);
  request.log.error({ err: error }, "request failed");
  return send(reply, 500, "internal-error", "Something went wrong here; the log has it.");
};

/** PostgreSQL on texts that are no UTF-8, or have a NUL in them. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TEXT_REFUSED = new Set(["22021", "22P02", "22P05"]);

const codeOf = ({ code, cause }: { code?: string; cause?: unknown }): string =>
  (cause as { code?: string } | undefined)?.code ?? code ?? "";

const send = (
  reply: FastifyReply,
  status: number,
  type: string,
  detail: string,
  errors?: { pointer: string; detail: string }[],
): FastifyReply =>
  reply
    .code(status)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send({
      type: `urn:lookalike:problem:${type}`,
      title: TITLES[status] ?? "Error",
      status,
      detail,
      ...(errors === undefined ? {} : { errors }),
    });
