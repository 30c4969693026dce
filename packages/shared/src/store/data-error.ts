import { DrizzleQueryError } from "drizzle-orm";
import { ZodError } from "zod";

/** SQLSTATEs of data that a statement cannot take: classes 22 data exception, 23 integrity, 54 limit exceeded. */
const DATA_ERROR = /^(?:22|23|54)[0-9A-Z]{3}$/;

/** PostgreSQL's own error, where a query failed. */
export const causeOf = (error: unknown): unknown => (error instanceof DrizzleQueryError ? error.cause : error);

/**
 * Whether the data is at fault, by PostgreSQL's or a schema's word, so that another attempt would only
 * fail again: not a lost connection, a deadlock, a full disk or a server that shuts down. An error of
 * our own code is none: see `isBug`.
 */
export const isDataError = (error: unknown): boolean => {
  const cause = causeOf(error);
  const { code } = (cause ?? {}) as { code?: unknown };
  return cause instanceof ZodError || (typeof code === "string" && DATA_ERROR.test(code));
};

/** Whether a unique index has the row already. */
export const isUniqueViolation = (error: unknown): boolean =>
  (causeOf(error) as { code?: unknown } | null)?.code === "23505";
