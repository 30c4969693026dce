import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { idempotentRequest } from "../schema.ts";

export type IdempotentRow = typeof idempotentRequest.$inferSelect;
type Name = Pick<IdempotentRow, "tenant" | "key">;

/** A request without a response after this time is taken as crashed. */
const ABANDONED_SECONDS = 60;

/** Claims a key for a request. @returns null when the key is claimed, else the row of the earlier request */
export const claimRequest = async (db: Db, { tenant, key }: Name, digest: string): Promise<IdempotentRow | null> => {
  const abandoned = sql`${idempotentRequest.status} is null and ${idempotentRequest.digest} = ${digest}
    and ${idempotentRequest.createdAt} < now() - make_interval(secs => ${ABANDONED_SECONDS})`;
  const { rowCount } = await db
    .insert(idempotentRequest)
    .values({ tenant, key, digest })
    .onConflictDoUpdate({
      target: [idempotentRequest.tenant, idempotentRequest.key],
      set: { createdAt: sql`now()` },
      setWhere: abandoned,
    });
  if (rowCount === 1) return null;
  return (await db.query.idempotentRequest.findFirst({ where: named({ tenant, key }) })) ?? null;
};

const named = ({ tenant, key }: Name) => and(eq(idempotentRequest.tenant, tenant), eq(idempotentRequest.key, key));

/** Stores the response to a claimed request. */
export const storeResponse = async (
  db: Db,
  name: Name,
  response: Pick<IdempotentRow, "status" | "location" | "sealedBody">,
): Promise<void> => {
  await db.update(idempotentRequest).set(response).where(named(name));
};

/** Releases the key of a request that failed on our side, so that the client may try again. */
export const releaseRequest = async (db: Db, name: Name): Promise<void> => {
  await db.delete(idempotentRequest).where(named(name));
};

/** Deletes the keys and responses of requests older than `hours`. */
export const pruneRequests = async (db: Db, hours: number): Promise<void> => {
  await db.execute(sql`delete from idempotent_request where created_at < now() - make_interval(hours => ${hours})`);
};
