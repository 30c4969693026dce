import { STREAMS } from "@lookalike/shared/bus/topology";
import pMap from "p-map";
import { messagesOf } from "../test/support/messages.ts";
import { connectTo } from "../test/support/servers.ts";

const TABLES = ["image", "hash_block"];
const PUBLISHED_AT_ONCE = 64;

/**
 * The least that keeping a job's record can cost: what it has put into tables and into the log, put there
 * once more. The server copies the rows from a file into empty tables with the same indexes, one
 * statement each, while the messages' ready bytes are published; nothing is parsed, looked up or read back.
 * @returns seconds
 */
export const recordAlone = async (environment: Record<string, string>): Promise<number> => {
  const { bus, store, close } = await connectTo(environment);
  const query = async (text: string): Promise<void> => void (await store.pool.query(text));
  try {
    const { rows } = await store.pool.query("select current_setting('data_directory') as folder");
    const fileOf = (table: string): string => `'${rows[0].folder}/${table}.copy'`;
    for (const table of TABLES) {
      await query(`copy ${table} to ${fileOf(table)}`);
      await query(`create table ${table}_again (like ${table} including all)`);
    }
    const messages: Uint8Array[] = [];
    for await (const message of messagesOf(bus, STREAMS.events)) messages.push(message.data);
    await bus.jsm.streams.add({ name: "AGAIN", subjects: ["again"] });
    const started = performance.now();
    await Promise.all([
      (async () => {
        for (const table of TABLES) await query(`copy ${table}_again from ${fileOf(table)}`);
      })(),
      pMap(messages, (message) => bus.js.publish("again", message), { concurrency: PUBLISHED_AT_ONCE }),
    ]);
    return (performance.now() - started) / 1_000;
  } finally {
    await close();
  }
};
