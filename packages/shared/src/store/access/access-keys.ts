import { createHash, randomBytes, randomUUID } from "node:crypto";
import { and, asc, eq, inArray, isNotNull, isNull, notExists, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { accessKey, tenant } from "../schema.ts";

export type AccessKeyRow = typeof accessKey.$inferSelect;

/** A new key of 256 random bits: too many to guess, so its plain SHA-256 can be stored. */
export const createKey = (): string => `lk_${randomBytes(32).toString("base64url")}`;

/** What is stored of a key or a token: 256 random bits need no salt. */
export const digestOf = (credential: string): Buffer => createHash("sha256").update(credential).digest();

/** Stores a key, as its digest only. Null when the key is stored already. */
export const insertAccessKey = async (
  db: Db,
  { key, ...values }: Pick<AccessKeyRow, "tenant" | "name" | "scope"> & { readonly key: string },
): Promise<AccessKeyRow | null> => {
  const rows = await db
    .insert(accessKey)
    .values({ ...values, id: randomUUID(), digest: digestOf(key) })
    .onConflictDoNothing()
    .returning();
  return rows[0] ?? null;
};

/** A condition: the key is not revoked, and its tenant not disabled. */
export const isValidKey = (db: Db) => {
  const disabled = db
    .select({ id: tenant.id })
    .from(tenant)
    .where(and(eq(tenant.id, accessKey.tenant), isNotNull(tenant.disabledAt)));
  return and(isNull(accessKey.revokedAt), notExists(disabled));
};

/** The rows of keys; a key that is unknown or revoked, or whose tenant is disabled, has none. */
export const findAccessKeys = async (db: Db, keys: readonly string[]): Promise<Map<string, AccessKeyRow>> => {
  const digests = new Map(keys.map((key) => [digestOf(key).toString("hex"), key]));
  const where = and(
    inArray(
      accessKey.digest,
      [...digests.keys()].map((digest) => Buffer.from(digest, "hex")),
    ),
    isValidKey(db),
  );
  const rows = await db.select().from(accessKey).where(where);
  return new Map(
    rows.flatMap((row) => {
      const key = digests.get(Buffer.from(row.digest).toString("hex"));
      return key === undefined ? [] : [[key, row]];
    }),
  );
};

export const isAccessKey = (key: string): boolean => /^lk_[\w-]{43}$/.test(key);

export const listAccessKeys = (db: Db, owner: string): Promise<AccessKeyRow[]> =>
  db.select().from(accessKey).where(eq(accessKey.tenant, owner)).orderBy(asc(accessKey.createdAt), asc(accessKey.id));

/** Revokes a key. False when the tenant has no such key, or it is revoked already. */
export const revokeAccessKey = async (db: Db, owner: string, id: string): Promise<boolean> => {
  const { rowCount } = await db.execute(sql`
    update access_key set revoked_at = now() where tenant = ${owner} and id = ${id} and revoked_at is null`);
  return rowCount === 1;
};
