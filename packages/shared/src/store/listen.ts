import { once } from "node:events";
import type pg from "pg";
import { startLoop } from "../runtime/loop.ts";

const RECONNECT_PAUSE_MS = 1_000;

/**
 * Calls `onNotice` for each notification on the channel, and once when it starts to listen, because a notification
 * before that is lost. It uses a connection of the pool, and replaces a lost one. Notifications only save waiting:
 * nothing may depend on them.
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export const listenTo = (pool: pg.Pool, channel: string, onNotice: () => void, onError: (error: unknown) => void) => {
  const stopped = new AbortController();
  const loop = startLoop(
    RECONNECT_PAUSE_MS,
    async () => {
      const client = await pool.connect();
      try {
        client.on("notification", onNotice);
        await client.query(`listen ${channel}`);
        onNotice();
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
