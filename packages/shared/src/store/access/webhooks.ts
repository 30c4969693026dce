import { randomBytes, randomUUID } from "node:crypto";
import { and, asc, desc, eq, getTableColumns, sql } from "drizzle-orm";
import type { Job } from "../../domain/job/job.ts";
import type { Db } from "../open.ts";
import { webhook, webhookDelivery } from "../schema.ts";
import { onlyRow } from "../sql.ts";
import { type SealingKeys, seal, unsealWithAny } from "./seal.ts";

type WebhookRow = typeof webhook.$inferSelect;
export type DeliveryRow = typeof webhookDelivery.$inferSelect;

const unsealSecret = (keys: SealingKeys, id: string, sealed: Uint8Array | null): string | null =>
  sealed === null ? null : unsealWithAny(keys, id, sealed);

/** Creates a webhook. Its secret is in the result, and is stored sealed. */
export const insertWebhook = async (db: Db, key: Buffer, tenant: string, url: string) => {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const id = randomUUID();
  const values = { id, tenant, url, sealedSecret: seal(key, id, secret) };
  return { ...onlyRow({ rows: await db.insert(webhook).values(values).returning() }), secret };
};

/**
 * Seals with the first key what was sealed with another one, and what was stored before secrets were sealed.
 * @returns how many secrets none of the keys opens
 */
export const sealAgain = async (db: Db, keys: SealingKeys): Promise<number> => {
  const [first] = keys;
  if (first === undefined) return db.$count(webhook);
  let unopened = 0;
  for (const { id, plainSecret, sealedSecret } of await db.select().from(webhook)) {
    if (plainSecret === null && unsealSecret([first], id, sealedSecret) !== null) continue;
    const secret = plainSecret ?? unsealSecret(keys, id, sealedSecret);
    if (secret === null) unopened += 1;
    else
      await db
        .update(webhook)
        .set({ sealedSecret: seal(first, id, secret), plainSecret: null })
        .where(eq(webhook.id, id));
  }
  return unopened;
};

export const listWebhooks = (db: Db, tenant: string): Promise<WebhookRow[]> =>
  db.select().from(webhook).where(eq(webhook.tenant, tenant)).orderBy(asc(webhook.createdAt), asc(webhook.id));

/** Deletes a webhook with its deliveries. False when the tenant has no such webhook. */
export const deleteWebhook = async (db: Db, tenant: string, id: string): Promise<boolean> => {
  const { rowCount } = await db.delete(webhook).where(ownWebhook(tenant, id));
  return rowCount === 1;
};

const ownWebhook = (tenant: string, id: string) => and(eq(webhook.tenant, tenant), eq(webhook.id, id));

/** Deliveries of a tenant's webhook, newest first; null when the tenant has no such webhook. */
export const listDeliveries = async (db: Db, tenant: string, id: string, limit: number) => {
  if ((await db.$count(webhook, ownWebhook(tenant, id))) === 0) return null;
  return db.query.webhookDelivery.findMany({
    where: eq(webhookDelivery.webhookId, id),
    orderBy: [desc(webhookDelivery.createdAt), desc(webhookDelivery.id)],
    limit,
  });
};

const EVENT_TYPES: Partial<Record<Job["state"], string>> = { completed: "job.finalized", failed: "job.failed" };

/** Adds a delivery that a job is over for each webhook of its tenant, once per run, in the transaction that ends the job. */
export const enqueueWebhooks = async (
  db: Db,
  { id, tenant, catalog, state, run, failure }: Job,
  at: string,
): Promise<void> => {
  const type = EVENT_TYPES[state];
  if (type === undefined) return;
  const payload = JSON.stringify({ type, timestamp: at, data: { job: id, catalog, state, failure } });
  await db.execute(sql`
    insert into webhook_delivery (id, webhook_id, payload)
    select ${`msg_${id}_${run}_`} || id, id, ${payload} from webhook where tenant = ${tenant}
    on conflict do nothing`);
};

/** Webhooks with deliveries that are due, and whose they are. */
export const webhooksWithDue = (db: Db): Promise<Pick<WebhookRow, "id" | "tenant">[]> =>
  db
    .select({ id: webhook.id, tenant: webhook.tenant })
    .from(webhook)
    .where(sql`exists (select from webhook_delivery where webhook_id = ${webhook.id} and next_attempt_at <= now())`);

/**
 * Claims the delivery of a webhook that has been due for longest, so that no other process sends it, too. Its next attempt is
 * postponed first, so that after a crash it is only late. Its secret is null where none of the keys opens it.
 * @returns null where none is due
 */
export const claimDueDelivery = async (db: Db, keys: SealingKeys, webhookId: string, holdSeconds: number) => {
  const due = sql`array(
    select id from webhook_delivery where webhook_id = ${webhookId} and next_attempt_at <= now()
    order by next_attempt_at limit 1 for update skip locked)`;
  const [claimed] = await db
    .update(webhookDelivery)
    .set({
      nextAttemptAt: sql`now() + make_interval(secs => ${holdSeconds})`,
      attempts: sql`${webhookDelivery.attempts} + 1`,
    })
    .from(webhook)
    .where(sql`${webhook.id} = ${webhookDelivery.webhookId} and ${webhookDelivery.id} = any(${due})`)
    .returning({ ...getTableColumns(webhookDelivery), url: webhook.url, sealedSecret: webhook.sealedSecret });
  if (claimed === undefined) return null;
  const { sealedSecret, ...delivery } = claimed;
  return { ...delivery, secret: unsealSecret(keys, webhookId, sealedSecret) };
};

/** Stores the outcome of an attempt. @param result `retrySeconds` until the next attempt; null = there is none */
export const settleDelivery = async (
  db: Db,
  id: string,
  result: { readonly isDelivered: boolean; readonly outcome: string; readonly retrySeconds: number | null },
): Promise<void> => {
  const { isDelivered, outcome, retrySeconds } = result;
  await db
    .update(webhookDelivery)
    .set({
      outcome,
      ...(isDelivered ? { deliveredAt: sql`now()` } : {}),
      nextAttemptAt: retrySeconds === null ? null : sql`now() + make_interval(secs => ${retrySeconds})`,
    })
    .where(eq(webhookDelivery.id, id));
};
