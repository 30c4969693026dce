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
const LOST_SOCKET: readonly unknown[] = ["ECONNRESET", "EPIPE", "ETIMEDOUT"];
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

type Connected = Parameters<Parameters<pg.Pool["connect"]>[0]>;

/** A pool that reports a server that can't be reached as an UnavailableError, and survives lost connections. */
export class Pool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super(config);
    // A broken idle connection is dropped, and the next query opens another one.
    this.on("error", () => undefined);
    // One that breaks while a transaction pauses reports it in its next query, not by ending the process.
    this.on("connect", (client) => client.on("error", () => undefined));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...connected: Connected) => void): void;
  override connect(callback?: (...connected: Connected) => void): Promise<pg.PoolClient> | undefined {
    if (callback === undefined)
      return super.connect().catch((error: unknown) => {
        throw connectError(error);
      });
    super.connect((error, client, done) =>
      callback(error === undefined || error === null ? error : connectError(error), client, done),
    );
    return undefined;
  }
}

/** The server answered where it refused the password or the database: waiting would not help. */
const connectError = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof pg.DatabaseError && !isUnavailable(error)) return error;
  return new UnavailableError(error.message || ((error as NodeJS.ErrnoException).code ?? error.name), { cause: error });
};
