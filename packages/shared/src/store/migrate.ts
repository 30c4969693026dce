import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

/**
 * Applies the migrations and runs `work`, in one process of the database at a time. The advisory lock
 * belongs to the connection, so a process that dies releases it. Without the lock, services that start
 * together would race, and all but one would fail (drizzle-orm issue 874).
 */
export const withMigrations = async (url: string, work: () => Promise<void> = async () => undefined): Promise<void> => {
  const client = new pg.Client({ connectionString: url, application_name: "lookalike-migrate" });
  // A lost connection is reported by the query that needs it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('lookalike:migrate'))");
    await migrate(drizzle(client), { migrationsFolder: FOLDER });
    await work();
  } finally {
    await client.end();
  }
};
