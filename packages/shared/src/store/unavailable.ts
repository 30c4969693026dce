import { DrizzleQueryError } from "drizzle-orm";
import pg from "pg";

/** PostgreSQL does not answer now. The same work succeeds once it is back. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/**
 * SQLSTATEs of a server that shuts down, starts, or has no connection, memory or disk left, or that has ended a
 * transaction because its process was stopped in the middle of it.
 */
const AWAY = /^(?:08...|25P03|57P0[123]|53...)$/;
const LOST_SOCKET: readonly unknown[] = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN"];
/** pg's own words, for errors without a code. */
const LOST = /^(?:Connection terminated|Client has encountered a connection error)/;

/** Whether PostgreSQL is away: it can't be reached, or ended the connection in the middle of the work. */
export const isUnavailable = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof UnavailableError || LOST.test(error.message)) return true;
  if (error instanceof pg.DatabaseError) return code !== undefined && AWAY.test(code);
  // Other servers' sockets are lost, too: only below a query it is PostgreSQL's.
  if (error instanceof DrizzleQueryError) return isUnavailable(error.cause) || LOST_SOCKET.includes(codeOf(error));
  return isUnavailable(error.cause);
};

const codeOf = ({ cause }: Error): unknown => (cause as NodeJS.ErrnoException | undefined)?.code;
