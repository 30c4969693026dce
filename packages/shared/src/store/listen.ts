import { once } from "node:events";
import type pg from "pg";
import { type Loop, startLoop } from "../runtime/loop.ts";

const RECONNECT_PAUSE_MS = 1_000;

/**
 * Calls `heard` at each notice on the channel, and once when it begins to listen: what was told before that nobody
 * heard. Holds a connection of the pool; a lost one is taken anew. A notice makes things fast, nothing rests on it.
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export const listenTo = (
  pool: pg.Pool,
  channel: string,
  heard: () => void,
  onError: (error: unknown) => void,
): Pick<Loop, "stop"> => {
  const stopped = new AbortController();
  const loop = startLoop(
    RECONNECT_PAUSE_MS,
    async () => {
      const client = await pool.connect();
      try {
        client.on("notification", heard);
        await client.query(`listen ${channel}`);
        heard();
        await once(client, "end", { signal: stopped.signal });
      } finally {
        client.release(true);
      }
    },
    (error) => {
      if (!stopped.signal.aborted) onError(error);
    },
  );
  return {
    async stop() {
      stopped.abort();
      await loop.stop();
    },
  };
};
