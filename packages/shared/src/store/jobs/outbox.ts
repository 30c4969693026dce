import { asc, eq, isNull, sql } from "drizzle-orm";
import type { Message } from "../../domain/job/events.ts";
import type { Db } from "../open.ts";
import { outbox } from "../schema.ts";
import { onlyRow } from "../sql.ts";

/** The channel on which a commit that added to the outbox notifies the relays. */
export const OUTBOX_CHANNEL = "lookalike_outbox";

/** Adds a message that is published if this transaction commits; an event that is added twice is published once. */
export const addToOutbox = async (db: Db, message: Message): Promise<void> => {
  await db.insert(outbox).values(message).onConflictDoNothing();
  await db.execute(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
};

/** Hands each unpublished message to `send` and marks it; several relays share the work by row locks. */
export const relayOutbox = (db: Db, limit: number, send: (message: Message) => Promise<void>): Promise<number> =>
  db.transaction(async (tx) => {
    const unpublished = await tx
      .select()
      .from(outbox)
      .where(isNull(outbox.publishedAt))
      .orderBy(asc(outbox.createdAt))
      .limit(limit)
      .for("update", { skipLocked: true });
    for (const message of unpublished) {
      await send(message);
      await tx.update(outbox).set({ publishedAt: sql`now()` }).where(eq(outbox.eventId, message.eventId));
    }
    return unpublished.length;
  });

/** Messages that wait to be published, and how long the oldest has waited; 0 without any. */
export const outboxBacklog = async (db: Db): Promise<{ messages: number; ageSeconds: number }> => {
  const waiting = await db.execute<{ messages: number; ageSeconds: number }>(sql`
    select count(*)::int as messages, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "ageSeconds"
    from outbox where published_at is null`);
  return onlyRow(waiting);
};

/** Deletes messages that were published more than `days` days ago. */
export const pruneOutbox = async (db: Db, days: number): Promise<void> => {
  await db.execute(sql`delete from outbox where published_at < now() - make_interval(days => ${days})`);
};
