import { DrizzleQueryError } from "drizzle-orm";

/** SQLSTATE classes of data that a statement can't take: 22 data exception, 23 integrity, 54 limit exceeded. */
const DATA_CLASSES = ["22", "23", "54"];

/** What PostgreSQL said, where a query was the error. */
export const causeOf = (error: unknown): unknown => (error instanceof DrizzleQueryError ? error.cause : error);

/**
 * Whether the data is at fault, so that another try would only fail again: not a connection that
 * broke, a deadlock, a full disk or a server that is going down.
 */
export const isDataError = (error: unknown): boolean => {
  const cause = causeOf(error);
  const { code } = (cause ?? {}) as { code?: unknown };
  if (typeof code === "string") return DATA_CLASSES.includes(code.slice(0, 2)) && code.length === 5;
  return cause instanceof RangeError || cause instanceof TypeError || cause instanceof SyntaxError;
};

/** Whether a row is there already that a unique index allows once. */
export const isUniqueViolation = (error: unknown): boolean =>
  (causeOf(error) as { code?: unknown } | null)?.code === "23505";
