import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
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

/** A message of the outbox, and its place in the order in which messages are published. */
export interface OutboxMessage extends Message {
  readonly number: number;
}

/**
 * Hands each unpublished message to `send`, in order, and marks it. One relay at a time does so: two would publish the
 * messages of one job in any order.
 * @returns how many were published; 0 while another relay publishes
 */
export const relayOutbox = (db: Db, limit: number, send: (message: OutboxMessage) => Promise<void>): Promise<number> =>
  db.transaction(async (tx) => {
    const lock = await tx.execute<{ isFree: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext('lookalike outbox')) as "isFree"`,
    );
    if (!onlyRow(lock).isFree) return 0;
    const unpublished = await tx
      .select()
      .from(outbox)
      .where(isNull(outbox.publishedAt))
      .orderBy(asc(outbox.number))
      .limit(limit);
    for (const message of unpublished) {
      await send(message);
      await tx.update(outbox).set({ publishedAt: sql`now()` }).where(eq(outbox.eventId, message.eventId));
    }
    return unpublished.length;
  });

/** Marks the events of the outbox among `eventIds` as applied. */
export const markApplied = async (db: Db, eventIds: readonly string[]): Promise<void> => {
  if (eventIds.length === 0) return;
  await db
    .update(outbox)
    .set({ appliedAt: sql`now()` })
    .where(and(inArray(outbox.eventId, [...eventIds]), isNull(outbox.appliedAt)));
};

/** Whether a message of the job waits to be published. */
export const hasUnpublished = async (db: Db, jobId: string): Promise<boolean> =>
  (await db.$count(outbox, and(isNull(outbox.publishedAt), sql`body->>'job' = ${jobId}`))) > 0;

/** Whether the outbox has, or had in its days, this message. */
export const isInOutbox = async (db: Db, eventId: string): Promise<boolean> =>
  (await db.$count(outbox, eq(outbox.eventId, eventId))) > 0;

/** Ids of the job's events that went through the outbox and are applied, in order. */
export const appliedEvents = async (db: Db, jobId: string): Promise<string[]> => {
  const rows = await db
    .select({ eventId: outbox.eventId })
    .from(outbox)
    .where(and(sql`${outbox.appliedAt} is not null`, sql`body->>'job' = ${jobId}`))
    .orderBy(asc(outbox.number));
  return rows.map(({ eventId }) => eventId);
};

/** Events that were published at least `ms` milliseconds ago and that nobody has applied: their subjects, by their ids. */
export const unappliedEvents = (db: Db, ms: number): Promise<{ eventId: string; subject: string; job: string }[]> =>
  db
    .select({ eventId: outbox.eventId, subject: outbox.subject, job: sql<string>`body->>'job'` })
    .from(outbox)
    .where(isUnappliedFor(ms))
    .orderBy(asc(outbox.number))
    .limit(1_000);

/**
 * Marks those of these events as published now that are still not applied, so that one of several coordinators publishes each of them again.
 * @param ms for how long they must have been published before
 */
export const claimUnapplied = async (db: Db, eventIds: readonly string[], ms: number): Promise<OutboxMessage[]> => {
  const claimed = await db
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(and(inArray(outbox.eventId, [...eventIds]), isUnappliedFor(ms)))
    .returning();
  return claimed.sort((a, b) => a.number - b.number);
};

const isUnappliedFor = (ms: number) =>
  and(
    eq(outbox.stream, "LOOKALIKE_EVENTS"),
    isNull(outbox.appliedAt),
    sql`${outbox.publishedAt} < now() - make_interval(secs => ${ms / 1_000})`,
  );

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
