import { asc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Message } from "../../domain/job/message.ts";
import type { Db } from "../open.ts";
import { outbox } from "../schema.ts";

/** Where the outbox says that it has something. */
export const OUTBOX_CHANNEL = "lookalike_outbox";

/** Adds a message that leaves if this transaction commits; relays hear of it then. The same event twice is one. */
export const addToOutbox = async (db: Db, message: Message): Promise<void> => {
  await db.insert(outbox).values(message).onConflictDoNothing();
  await db.execute(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
};

/** Hands each unpublished message to `send` and marks it; several relays share the work by row locks. */
export const relayOutbox = (db: Db, limit: number, send: (message: Message) => Promise<void>): Promise<number> =>
  db.transaction(async (tx) => {
    const waiting = await tx
      .select()
      .from(outbox)
      .where(isNull(outbox.publishedAt))
      .orderBy(asc(outbox.createdAt))
      .limit(limit)
      .for("update", { skipLocked: true });
    for (const message of waiting) {
      await send(message);
      await tx.update(outbox).set({ publishedAt: sql`now()` }).where(eq(outbox.eventId, message.eventId));
    }
    return waiting.length;
  });

/** Forgets messages published over `days` ago. */
export const pruneOutbox = async (db: Db, days: number): Promise<void> => {
  await db.delete(outbox).where(lt(outbox.publishedAt, sql`now() - make_interval(days => ${days})`));
};
