import type { Duplex } from "node:stream";
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
  408: "Request timeout",
  409: "Conflict",
  410: "Gone",
  412: "Precondition failed",
  413: "Too large",
  414: "URI too long",
  415: "Unsupported media type",
  422: "Unprocessable content",
  429: "Too many requests",
  416: "Range not satisfiable",
  431: "Header fields too large",
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

/** Answers what is no whole request, for which there is no reply yet, and ends the connection. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const [status, type, detail] = CLIENT_ERRORS[error.code ?? ""] ?? [
    400,
    "invalid-request",
    "This is not HTTP as it should be.",
  ];
  const body = JSON.stringify(problem(status, type, detail));
  socket.end(
    `HTTP/1.1 ${status} ${TITLES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
};

const CLIENT_ERRORS: Record<string, [status: number, type: string, detail: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request-timeout", "The request did not arrive in time."],
  HPE_HEADER_OVERFLOW: [431, "invalid-request", "The header fields are too large."],
};

const problem = (status: number, type: string, detail: string) => ({
  type: `urn:lookalike:problem:${type}`,
  title: TITLES[status] ?? "Error",
  status,
  detail,
});

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
    .send({ ...problem(status, type, detail), ...(errors === undefined ? {} : { errors }) });
