import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { EXIT, OperatorError } from "../runtime/errors.ts";
import { grantToServices } from "./roles.ts";

const FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

/**
 * Applies the migrations with the services' rights, in one process of the database at a time. The
 * advisory lock belongs to the connection, so a process that dies releases it. Without the lock, services that start
 * together would race, and all but one would fail (drizzle-orm issue 874).
 */
export const applyMigrations = (url: string): Promise<void> =>
  connected(url, async (client) => {
    await client.query("select pg_advisory_lock(hashtext('lookalike:migrate'))");
    await migrate(drizzle(client), { migrationsFolder: FOLDER });
    await grantToServices(client);
  });

const POLL_MS = 250;

/**
 * Applies the migrations where this role owns the tables or may create them. Else their owner has applied them, or is
 * waited for.
 * @param onWait is called once, where they must be waited for
 * @throws OperatorError where they are still missing after `seconds`
 */
export const ensureTables = async (url: string, seconds: number, onWait: () => void): Promise<void> => {
  const isOwner = await connected(url, ownsTables);
  if (isOwner) return applyMigrations(url);
  const deadline = performance.now() + seconds * 1_000;
  for (let waits = false; !(await connected(url, areApplied)); waits = true, await sleep(POLL_MS)) {
    if (performance.now() >= deadline)
      throw new OperatorError(
        "DATABASE_URL: this role may not create tables, and those of this version are missing. Run services/coordinator/dist/migrate.js as their owner.",
        EXIT.unavailable,
      );
    if (!waits) onWait();
  }
};

const ownsTables = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ owns: boolean }>(`
    select coalesce(
      (select pg_has_role(relowner, 'usage') from pg_class join pg_namespace on pg_namespace.oid = relnamespace
       where nspname = 'drizzle' and relname = '__drizzle_migrations'),
      has_schema_privilege('public', 'create') and has_database_privilege(current_database(), 'create')) as owns`);
  return rows[0]?.owns === true;
};

const areApplied = async (client: pg.Client): Promise<boolean> => {
  const newest = readMigrationFiles({ migrationsFolder: FOLDER }).at(-1)?.folderMillis;
  const found = await client
    .query("select from drizzle.__drizzle_migrations where created_at >= $1", [newest])
    .catch((error: unknown) => {
      // No such table yet, or no right to it yet.
      if (error instanceof pg.DatabaseError && NOT_YET.has(error.code)) return null;
      throw error;
    });
  return found !== null && found.rowCount !== 0;
};

const NOT_YET: ReadonlySet<string | undefined> = new Set(["42P01", "3F000", "42501"]);

const connected = async <Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: url, application_name: "lookalike-migrate" });
  // A lost connection is reported by the query that needs it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
