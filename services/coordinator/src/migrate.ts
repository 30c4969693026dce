import { readEnvironment, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runMain } from "@lookalike/shared/runtime/errors";
import { createLogger } from "@lookalike/shared/runtime/log";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { openStoreWhenReady } from "@lookalike/shared/store/open";

const Environment = ServiceEnvironment.pick({
  DATABASE_URL: true,
  LOOKALIKE_DATABASE_WAIT_SECONDS: true,
  LOG_LEVEL: true,
});

// Creates and changes the tables, as the role that owns them, and grants the services what they need: before each
// version's services start, where these have roles of their own.
runMain(async () => {
  const {
    DATABASE_URL: url,
    LOOKALIKE_DATABASE_WAIT_SECONDS: seconds,
    LOG_LEVEL: level,
  } = readEnvironment(Environment);
  const log = createLogger("migrate", level);
  const onWait = (reason: string) => log.warn({ err: reason }, "waiting for PostgreSQL");
  const store = await openStoreWhenReady([url, "lookalike-migrate", 1], { seconds, onWait });
  await store.close();
  await applyMigrations(url);
  log.info("the tables are up to date");
});
