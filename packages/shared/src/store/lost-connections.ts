import pg from "pg";

/** A connection without a byte in either direction for so long may be lost. */
const SILENT_MS = 5_000;
const POLL_MS = 2_000;

interface Silence {
  bytes: number;
  since: number;
}

/** What node-postgres has and its types do not show. */
interface Internals {
  readonly processID: number;
  readonly connection: { readonly stream: { bytesRead: number; bytesWritten: number; destroy(): void } };
}
const internalsOf = (client: pg.PoolClient): Internals => client as unknown as Internals;

/**
 * Ends connections in use whose server does not know them any more, or does not answer: their queries fail then, and are done
 * again. Where the network swallows packets, or a standby has taken the server's address, the kernel would wait for a quarter
 * of an hour, and for ever where no byte is on its way. A query that takes long, and whose server answers, goes on.
 * @param health a pool on the same server, for the question whether it knows a connection
 */
export const endLostConnections = (
  pool: pg.Pool,
  health: pg.Pool,
  { silentMs = SILENT_MS, pollMs = POLL_MS } = {},
): { stop(): void } => {
  const inUse = new Map<pg.PoolClient, Silence>();
  pool.on("acquire", (client) => inUse.set(client, { bytes: bytesOf(client), since: performance.now() }));
  pool.on("release", (_error, client) => inUse.delete(client));
  pool.on("remove", (client) => inUse.delete(client));

  const silent = (): pg.PoolClient[] => {
    const now = performance.now();
    for (const [client, silence] of inUse) {
      const bytes = bytesOf(client);
      if (bytes !== silence.bytes) inUse.set(client, { bytes, since: now });
    }
    return [...inUse].filter(([, { since }]) => now - since >= silentMs).map(([client]) => client);
  };

  let isChecking = false;
  const check = async (): Promise<void> => {
    const suspects = silent();
    if (suspects.length === 0 || isChecking) return;
    isChecking = true;
    const known = await knownBy(health, suspects);
    const still = new Set(silent());
    for (const client of suspects) {
      if (known.has(client)) inUse.set(client, { bytes: bytesOf(client), since: performance.now() });
      else if (still.has(client)) internalsOf(client).connection.stream.destroy();
    }
    isChecking = false;
  };
  const timer = setInterval(() => void check(), pollMs).unref();
  return { stop: () => clearInterval(timer) };
};

const bytesOf = (client: pg.PoolClient): number => {
  const { bytesRead, bytesWritten } = internalsOf(client).connection.stream;
  return bytesRead + bytesWritten;
};

/** The connections that the server has. A process of another server may have the number of one, not its name too. */
const knownBy = async (health: pg.Pool, clients: readonly pg.PoolClient[]): Promise<Set<pg.PoolClient>> => {
  const pids = clients.map((client) => internalsOf(client).processID);
  try {
    const { rows } = await health.query<{ pid: number }>(
      "select pid from pg_stat_activity where pid = any($1) and application_name = current_setting('application_name')",
      [pids],
    );
    const known = new Set(rows.map(({ pid }) => pid));
    return new Set(clients.filter((_, index) => known.has(pids[index] ?? 0)));
  } catch (error) {
    // A server that refuses is there: it may have no connection left for this question.
    return new Set(isAnswer(error) ? clients : []);
  }
};

const isAnswer = (error: unknown): boolean =>
  error instanceof Error && (error instanceof pg.DatabaseError || error.cause instanceof pg.DatabaseError);
