import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnvironment, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runMain } from "@lookalike/shared/runtime/errors";
import { createLogger } from "@lookalike/shared/runtime/log";
import { openStoreWhenReady } from "@lookalike/shared/store/open";
import { DATABASE_USERS, type DatabaseUser, roleStatements } from "@lookalike/shared/store/roles";
import { z } from "zod";

const Environment = ServiceEnvironment.pick({
  DATABASE_URL: true,
  LOOKALIKE_DATABASE_WAIT_SECONDS: true,
  LOG_LEVEL: true,
}).extend({
  LOOKALIKE_ROLE_PASSWORDS: z.string().meta({ description: "Folder with a file postgres-<user> for each role" }),
});

// Creates the roles of the services, or gives them new passwords, as an administrator of the database's server.
runMain(async () => {
  const environment = readEnvironment(Environment);
  const log = createLogger("create-roles", environment.LOG_LEVEL);
  const store = await openStoreWhenReady([environment.DATABASE_URL, "lookalike-roles", 1], {
    seconds: environment.LOOKALIKE_DATABASE_WAIT_SECONDS,
    onWait: (reason) => log.warn({ err: reason }, "waiting for PostgreSQL"),
  });
  const passwords = new Map<DatabaseUser, string>();
  for (const user of DATABASE_USERS)
    passwords.set(
      user,
      (await readFile(join(environment.LOOKALIKE_ROLE_PASSWORDS, `postgres-${user}`), "utf8")).trim(),
    );
  const { rows } = await store.pool.query<{ name: string }>("select current_database() as name");
  const [database] = rows;
  if (database === undefined) throw new Error("PostgreSQL does not name the database");
  for (const statement of roleStatements(database.name, (user) => passwords.get(user) ?? null))
    await store.pool.query(statement);
  await store.close();
  log.info("the roles are there");
});
