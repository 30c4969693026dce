import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gate, openGate } from "../../../../test/support/gate.ts";
import { type Servers, startServers } from "../../../../test/support/servers.ts";
import { until } from "../../../../test/support/until.ts";
import { exclusively, LockLostError } from "./exclusively.ts";
import { endLostConnections } from "./lost-connections.ts";
import { openStore, openStoreWhenReady, type Store } from "./open.ts";
import { Pool } from "./pool.ts";
import { isUnavailable } from "./unavailable.ts";

let servers: Servers;
let gate: Gate;
let store: Store;
let url: URL;

beforeAll(async () => {
  servers = await startServers();
  url = new URL(servers.postgres.url);
  gate = await openGate(Number(url.port));
  url.port = String(gate.port);
  store = await openStore(url.href, "lookalike-test", 2);
});
afterAll(async () => {
  await store.close();
  await gate.close();
  await servers.stop();
});

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe("a transaction whose process is stopped in the middle of it", () => {
  it("is ended by the server, so that others get its locks; the work is done again", async () => {
    const { rows } = await store.pool.query("show idle_in_transaction_session_timeout");
    expect(rows).toEqual([{ idle_in_transaction_session_timeout: "1min" }]);
    const stopped = errorOf(
      store.inTransaction(async (tx, client) => {
        await tx.execute("set local idle_in_transaction_session_timeout = 50");
        await new Promise((resolve) => client.once("error", resolve));
        await tx.execute("select 1");
      }),
    );
    const error = await stopped;
    expect([isUnavailable(error), String(error)]).toEqual([true, String(error)]);
  });
});

describe("PostgreSQL that is away", () => {
  it("is recognised in a query, in a transaction, and in the middle of one; the pool is as before when it is back", async () => {
    const { db, pool } = store;
    let isClosed = false;
    const sleeping = errorOf(pool.query("select pg_sleep(30)"));
    const pausing = errorOf(
      db.transaction(async (tx) => {
        await tx.execute("select 1");
        await until(() => isClosed);
        await tx.execute("select 1");
      }),
    );
    await until(() => pool.totalCount === 2);
    await gate.close();
    isClosed = true;
    for (const work of [
      sleeping,
      pausing,
      errorOf(pool.query("select 1")),
      errorOf(db.execute("select 1")),
      errorOf(db.transaction((tx) => tx.execute("select 1"))),
      errorOf(store.inTransaction((tx) => tx.execute("select 1"))),
      errorOf(openStore(url.href, "lookalike-test", 1)),
    ]) {
      const error = await work;
      expect([isUnavailable(error), String(error)]).toEqual([true, String(error)]);
    }
    expect(await store.isReachable()).toBe(false);
    await gate.open();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("ends the work under a lock before its next step, and another process can have the lock", async () => {
    const { pool } = store;
    let isLost = false;
    const steps: string[] = [];
    const working = errorOf(
      exclusively(pool, "test", async ({ db, requireHeld }) => {
        expect(await exclusively(pool, "test", async () => undefined)).toBe(false);
        await requireHeld();
        steps.push("first");
        await gate.close();
        await gate.open();
        // The server has not noticed at once that the connection is closed.
        await until(() => exclusively(pool, "test", async () => undefined));
        isLost = true;
        expect(isUnavailable(await errorOf(db.execute("select 1")))).toBe(true);
        await requireHeld();
        steps.push("second");
      }),
    );
    expect(await working).toBeInstanceOf(LockLostError);
    expect([steps, isLost]).toEqual([["first"], true]);
  });

  it("is waited for by a start, for a while, unless it answers with a refusal", async () => {
    await gate.close();
    const reasons: string[] = [];
    const patience = { seconds: 30, onWait: (reason: string) => reasons.push(reason) };
    const opening = openStoreWhenReady([url.href, "lookalike-test", 1], patience);
    await until(() => reasons.length > 0);
    await gate.open();
    await (await opening).close();
    expect(reasons).toEqual([expect.stringMatching(/^DATABASE_URL=.*\*\*\*@.*can't be reached.*ECONNREFUSED/)]);

    const refused = new URL(url.href);
    refused.password = "wrong";
    const opened = openStoreWhenReady([refused.href, "lookalike-test", 1], patience);
    await expect(opened).rejects.toThrow(/password authentication failed/);
    expect(isUnavailable(await errorOf(store.pool.query("select 1 / 0")))).toBe(false);
    expect(isUnavailable(await errorOf(store.pool.query("nonsense")))).toBe(false);
  });
});

describe("a connection from which no byte comes", () => {
  const ANSWER_MS = 1_000;
  const watched = (healthName: string) => {
    const pool = new Pool({ connectionString: url.href, application_name: "watched", max: 1 });
    const health = new Pool({
      connectionString: url.href,
      application_name: healthName,
      max: 1,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    const watch = endLostConnections(pool, health, { silentMs: 50, pollMs: 20 });
    return {
      pool,
      async close() {
        watch.stop();
        await Promise.all([pool.end(), health.end()]);
      },
    };
  };

  it("stays as long as its server knows it, and is ended where packets vanish", async () => {
    const { pool, close } = watched("watched");
    expect((await pool.query("select pg_sleep(1), 1 as one")).rows).toMatchObject([{ one: 1 }]);
    gate.silence();
    const error = await errorOf(pool.query("select 1"));
    expect([isUnavailable(error), String(error)]).toEqual([true, String(error)]);
    await gate.close();
    await gate.open();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await close();
  });

  it("is ended where another server has taken the address, which does not know it", async () => {
    const { pool, close } = watched("another name");
    const error = await errorOf(pool.query("select pg_sleep(30)"));
    expect([isUnavailable(error), String(error)]).toEqual([true, String(error)]);
    await close();
  });
});
