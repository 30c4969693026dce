import { setTimeout as sleep } from "node:timers/promises";
import { addToOutbox, OUTBOX_CHANNEL } from "@lookalike/shared/store/jobs/outbox";
import { listenTo } from "@lookalike/shared/store/listen";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { expect, it } from "vitest";
import { connectTo, startServers } from "../../../../test/support/servers.ts";
import { until } from "../../../../test/support/until.ts";

it("notifies relays at the commit, and again after their connection was lost", async () => {
  const servers = await startServers();
  await applyMigrations(servers.environment["DATABASE_URL"] ?? "");
  const { store, close } = await connectTo(servers.environment);
  let notifications = 0;
  const errors: unknown[] = [];
  const notices = listenTo(
    store.pool,
    OUTBOX_CHANNEL,
    () => {
      notifications += 1;
    },
    (error) => errors.push(error),
  );
  const add = (eventId: string, meanwhile: () => void) =>
    store.inTransaction(async (tx) => {
      await addToOutbox(tx, { eventId, stream: "S", subject: "s", body: {} });
      await sleep(50);
      meanwhile();
    });
  await until(() => notifications === 1);
  await add("one", () => expect(notifications).toBe(1));
  await until(() => notifications === 2);

  const { rows } = await store.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and pid <> pg_backend_pid()",
  );
  expect(rows).toHaveLength(1);
  // It listens again, and looks for what was added meanwhile.
  await until(() => notifications === 3);
  expect(errors).toHaveLength(1);
  await add("two", () => undefined);
  await until(() => notifications === 4);

  await notices.stop();
  await close();
  await servers.stop();
});
