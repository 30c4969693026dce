import type { NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import type * as schema from "./schema.ts";

/** A database handle: a pool or one transaction on it. */
export type Db = PgDatabase<NodePgQueryResultHKT, typeof schema>;
