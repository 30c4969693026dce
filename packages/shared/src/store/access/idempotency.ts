import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { idempotentRequest } from "../schema.ts";

export type IdempotentRow = typeof idempotentRequest.$inferSelect;
type Name = Pick<IdempotentRow, "tenant" | "key">;

/** A first request that has not answered after this long has died. */
const ABANDONED_SECONDS = 60;

/**
 * Claims a key for a request. @returns null when it is this request's; else the row of the one that
 * was first
 */
export const claimRequest = async (db: Db, { tenant, key }: Name, digest: string): Promise<IdempotentRow | null> => {
  const abandoned = and(
    isNull(idempotentRequest.status),
    eq(idempotentRequest.digest, digest),
    lt(idempotentRequest.createdAt, sql`now() - make_interval(secs => ${ABANDONED_SECONDS})`),
  );
  const claimed = await db
    .insert(idempotentRequest)
    .values({ tenant, key, digest })
    .onConflictDoUpdate({
      target: [idempotentRequest.tenant, idempotentRequest.key],
      set: { createdAt: sql`now()` },
      ...(abandoned === undefined ? {} : { setWhere: abandoned }),
    })
    .returning({ key: idempotentRequest.key });
  if (claimed.length === 1) return null;
  const rows = await db.select().from(idempotentRequest).where(named({ tenant, key }));
  return rows[0] ?? null;
};

const named = ({ tenant, key }: Name) => and(eq(idempotentRequest.tenant, tenant), eq(idempotentRequest.key, key));

export const answerRequest = async (
  db: Db,
  name: Name,
  answer: Pick<IdempotentRow, "status" | "location" | "body">,
): Promise<void> => {
  await db.update(idempotentRequest).set(answer).where(named(name));
};

/** The request failed on our side: the same key may try again. */
export const releaseRequest = async (db: Db, name: Name): Promise<void> => {
  await db.delete(idempotentRequest).where(named(name));
};

/** Forgets answers older than `hours`. */
export const pruneRequests = async (db: Db, hours: number): Promise<void> => {
  await db
    .delete(idempotentRequest)
    .where(lt(idempotentRequest.createdAt, sql`now() - make_interval(hours => ${hours})`));
};
