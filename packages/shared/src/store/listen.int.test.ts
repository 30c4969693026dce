import { setTimeout as sleep } from "node:timers/promises";
import { addToOutbox, OUTBOX_CHANNEL } from "@lookalike/shared/store/jobs/outbox";
import { listenTo } from "@lookalike/shared/store/listen";
import { withMigrations } from "@lookalike/shared/store/migrate";
import { expect, it } from "vitest";
import { connectTo, startServers, until } from "../../../../test/support/system.ts";

it("tells relays at the commit, and again after their connection is lost", async () => {
  const servers = await startServers();
  await withMigrations(servers.environment["DATABASE_URL"] ?? "", async () => undefined);
  const { store, close } = await connectTo(servers.environment);
  let heard = 0;
  const errors: unknown[] = [];
  const notices = listenTo(
    store.pool,
    OUTBOX_CHANNEL,
    () => {
      heard += 1;
    },
    (error) => errors.push(error),
  );
  const add = (eventId: string, meanwhile: () => void) =>
    store.inTransaction(async (tx) => {
      await addToOutbox(tx, { eventId, stream: "S", subject: "s", body: {} });
      await sleep(50);
      meanwhile();
    });
  await until(() => heard === 1);
  await add("one", () => expect(heard).toBe(1));
  await until(() => heard === 2);

  const { rows } = await store.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and pid <> pg_backend_pid()",
  );
  expect(rows).toHaveLength(1);
  // It listens once more, and looks at what came meanwhile.
  await until(() => heard === 3);
  expect(errors).toHaveLength(1);
  await add("two", () => undefined);
  await until(() => heard === 4);

  await notices.stop();
  await close();
  await servers.stop();
});
