import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { MissingDataError } from "@lookalike/shared/runtime/errors";
import { redact } from "@lookalike/shared/runtime/redact";
import { SourceRefused } from "@lookalike/shared/sources/source-roots";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { LIMITS, type Limit } from "../limits/limits.ts";

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().meta({ description: "Address of the thing in question" }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details" });

/** A response that is no success, as RFC 9457 problem details. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly type: string;
  /** Address of the thing in question; undefined = there is none. */
  readonly instance: string | undefined;

  constructor(status: number, type: string, detail: string, instance?: string) {
    super(detail);
    this.status = status;
    this.type = type;
    this.instance = instance;
  }
}

/** What is requested does not fit the state of a thing. */
export const conflict = (type: string, detail: string): HttpProblem => new HttpProblem(409, type, detail);

export const notFound = (thing: string, id: string | number): HttpProblem =>
  new HttpProblem(404, "not-found", `There is no ${thing} ${id}.`);

/** What was read of a thing that a request names. @throws HttpProblem 404 when there is none */
export const found = <Row>(row: Row | null | undefined, thing: string, id: string | number): Row => {
  if (row === null || row === undefined) throw notFound(thing, id);
  return row;
};

/** PostgreSQL's codes for texts that are not UTF-8 or contain NUL. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TEXT_REFUSED: readonly unknown[] = ["22021", "22P02", "22P05"];

const RETRY_AFTER_SECONDS = 5;
/** Errors of a request that are shown, and characters of each. */
const MAX_ERRORS = 20;
const MAX_DETAIL = 500;

/** Turns whatever a route throws into `application/problem+json`. */
export const answerProblem = (thrown: FastifyError | HttpProblem, request: FastifyRequest, reply: FastifyReply) => {
  const error = codeOf(thrown) === "FST_ERR_CTP_BODY_TOO_LARGE" ? bodyTooLarge(request) : thrown;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const shown = error.validation.slice(0, MAX_ERRORS);
    const errors = shown.map(({ instancePath, message = "does not fit the schema" }) => ({
      pointer: instancePath,
      detail: message.slice(0, MAX_DETAIL),
    }));
    return send(reply, { ...problem(400, "invalid-request", "The request does not fit the schema."), errors });
  }
  if (error instanceof HttpProblem) {
    const { status, type, message, instance } = error;
    return send(reply, { ...problem(status, type, message), ...(instance === undefined ? {} : { instance }) });
  }
  if (error instanceof SourceRefused)
    return send(reply, problem(403, "source-refused", `${error.message}.`.toWellFormed()));
  if (TEXT_REFUSED.includes(codeOf(error)))
    return send(
      reply,
      problem(400, "invalid-text", "A text in the request can't be stored: it has a NUL or half a character."),
    );
  if (isUnavailable(error)) {
    request.log.warn({ err: error }, "PostgreSQL does not answer");
    return send(
      reply.header("retry-after", RETRY_AFTER_SECONDS),
      problem(503, "unavailable", "The database does not answer. Nothing is lost: try again in a few seconds."),
    );
  }
  if (error instanceof MissingDataError) {
    request.log.error({ err: error }, "data is missing");
    return send(reply, problem(500, "missing-data", error.message));
  }
  const { statusCode: status = 500 } = error;
  if (status < 500) return send(reply, problem(status, "invalid-request", error.message));
  request.log.error({ err: error }, "request failed");
  return send(reply, problem(500, "internal-error", "Something went wrong here; the log has it."));
};

/** The problem of a body that is larger than its kind of request may have. */
export const bodyTooLarge = ({ routeOptions: { config, bodyLimit } }: FastifyRequest): HttpProblem => {
  const limit: Limit | null = config.kind == null ? null : LIMITS[config.kind];
  const { ifLarger = "Send less at once." } = limit ?? {};
  return new HttpProblem(
    413,
    "body-too-large",
    `The body has more than ${bodyLimit} bytes, the limit of this request. ${ifLarger}`,
  );
};

/** drizzle wraps PostgreSQL's error, whose code is the one that counts. */
const codeOf = ({ code, cause }: { code?: string; cause?: unknown }): string | undefined =>
  (cause as { code?: string } | undefined)?.code ?? code;

type ClientError = readonly [status: number, type: string, detail: string];

const NOT_HTTP: ClientError = [400, "invalid-request", "This is not HTTP as it should be."];
const CLIENT_ERRORS: ReadonlyMap<string | undefined, ClientError> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", [408, "request-timeout", "The request did not arrive in time."]],
  ["HPE_HEADER_OVERFLOW", [431, "invalid-request", "The header fields are too large."]],
]);

/** Answers bytes that are not a whole request, for which fastify has no reply, and ends the connection. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const answer = problem(...(CLIENT_ERRORS.get(error.code) ?? NOT_HTTP));
  const body = JSON.stringify(answer);
  socket.end(
    `HTTP/1.1 ${answer.status} ${answer.title}\r\ncontent-type: application/problem+json\r\nx-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
};

const problem = (status: number, type: string, detail: string) => ({
  type: `urn:lookalike:problem:${type}`,
  title: STATUS_CODES[status] ?? "Error",
  status,
  detail: redact(detail),
});

const send = (reply: FastifyReply, body: ReturnType<typeof problem> & { readonly errors?: object[] }): FastifyReply =>
  reply.code(body.status).type("application/problem+json").serializer(JSON.stringify).send(body);
