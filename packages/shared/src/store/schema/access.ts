import { sql } from "drizzle-orm";
import { index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { AccessScope } from "../../domain/review/access.ts";
import { bytea, time } from "./columns.ts";

/** Owners: the operator's own, `default`, and those that it made. */
export const tenant = pgTable("tenant", {
  id: text("id").primaryKey(),
  createdAt: time("created_at").notNull().default(sql`now()`),
  /** Since then none of its keys opens anything; null = enabled. */
  disabledAt: time("disabled_at"),
});

/** Who may use the API, and for what. The key itself is stored nowhere, only its SHA-256. */
export const accessKey = pgTable("access_key", {
  id: text("id").primaryKey(),
  tenant: text("tenant").notNull(),
  name: text("name").notNull(),
  scope: text("scope").$type<AccessScope>().notNull(),
  digest: bytea("digest").notNull().unique(),
  createdAt: time("created_at").notNull().default(sql`now()`),
  revokedAt: time("revoked_at"),
});

/** A browser that a key signed in. The token in its cookie is stored nowhere, only its SHA-256. */
export const session = pgTable(
  "session",
  {
    digest: bytea("digest").primaryKey(),
    /** The session ends with its key. */
    keyId: text("key_id")
      .notNull()
      .references(() => accessKey.id, { onDelete: "cascade" }),
    /** Host and port that the browser signed in to: for another one the session is not valid. */
    host: text("host").notNull(),
    createdAt: time("created_at").notNull().default(sql`now()`),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [index("session_key").on(table.keyId)],
);

/** The response to a request with an Idempotency-Key, which is sent again when the request is. */
export const idempotentRequest = pgTable(
  "idempotent_request",
  {
    tenant: text("tenant").notNull(),
    key: text("key").notNull(),
    /** SHA-256 of method, path and body: the same key with another request is a mistake of the client. */
    digest: text("digest").notNull(),
    /** null while the first request is handled. */
    status: integer("status"),
    location: text("location"),
    /** In base64, sealed with the credential of the request, so that only its sender reads it: it may contain a new key. */
    sealedBody: text("body"),
    createdAt: time("created_at").notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.key] })],
);

/** Addresses that are notified when a job is over. */
export const webhook = pgTable("webhook", {
  id: text("id").primaryKey(),
  tenant: text("tenant").notNull(),
  url: text("url").notNull(),
  /** Signs each payload, so that it can't be stored as a digest. Sealed with LOOKALIKE_SEALING_KEY. */
  sealedSecret: bytea("sealed_secret"),
  /** From before secrets were sealed; the API seals it at its start. */
  plainSecret: text("secret"),
  createdAt: time("created_at").notNull().default(sql`now()`),
});

/** Notifications, with the state of their delivery. */
export const webhookDelivery = pgTable(
  "webhook_delivery",
  {
    /** The id by which a receiver recognizes a repeated attempt. */
    id: text("id").primaryKey(),
    webhookId: text("webhook_id")
      .notNull()
      .references(() => webhook.id, { onDelete: "cascade" }),
    payload: text("payload").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** null = there is none: delivered, or given up. */
    nextAttemptAt: time("next_attempt_at").default(sql`now()`),
    deliveredAt: time("delivered_at"),
    /** How the last attempt ended. */
    outcome: text("outcome"),
    createdAt: time("created_at").notNull().default(sql`now()`),
  },
  (table) => [
    index("webhook_delivery_due").on(table.webhookId, table.nextAttemptAt).where(sql`next_attempt_at is not null`),
    index("webhook_delivery_webhook").on(table.webhookId, table.createdAt),
  ],
);
