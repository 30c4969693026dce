import { randomBytes } from "node:crypto";
import { and, desc, eq, gt, inArray, lt, notInArray, sql } from "drizzle-orm";
import { toHex } from "../../domain/primitives/encoding.ts";
import type { Db } from "../open.ts";
import { accessKey, session } from "../schema.ts";
import { type AccessKeyRow, digestOf, isValidKey } from "./access-keys.ts";

/** A session ends when it was not used for so long. */
const LIFETIME = sql`make_interval(days => 90)`;
/** It is extended once a day at most. */
const EXTENSION = sql`make_interval(days => 89)`;

/** One more ends the one that was used longest ago. */
const SESSIONS_PER_KEY = 100;

/** Signs a browser in. @returns the token for its cookie: 256 random bits, of which only the digest is stored */
export const createSession = async (db: Db, keyId: string, host: string): Promise<string> => {
  const token = `lks_${randomBytes(32).toString("base64url")}`;
  const newest = db
    .select({ digest: session.digest })
    .from(session)
    .where(eq(session.keyId, keyId))
    .orderBy(desc(session.expiresAt))
    .limit(SESSIONS_PER_KEY - 1);
  await db.delete(session).where(and(eq(session.keyId, keyId), notInArray(session.digest, newest)));
  await db.insert(session).values({ digest: digestOf(token), keyId, host, expiresAt: sql`now() + ${LIFETIME}` });
  return token;
};

export const isSessionToken = (token: string): boolean => /^lks_[\w-]{43}$/.test(token);

/** A session as requests use it. */
export interface SessionAccess {
  readonly host: string;
  /** Its key. */
  readonly access: AccessKeyRow;
}

/** The sessions of tokens, and extends those that are in use; one that is unknown or over, or whose key is not valid, is none. */
export const findSessions = async (db: Db, tokens: readonly string[]): Promise<Map<string, SessionAccess>> => {
  const named = new Map(tokens.map((token) => [digestOf(token).toString("hex"), token]));
  const rows = await db
    .select({
      digest: session.digest,
      host: session.host,
      access: accessKey,
      isAged: sql<boolean>`${session.expiresAt} < now() + ${EXTENSION}`,
    })
    .from(session)
    .innerJoin(accessKey, eq(accessKey.id, session.keyId))
    .where(and(inArray(session.digest, tokens.map(digestOf)), gt(session.expiresAt, sql`now()`), isValidKey(db)));
  const aged = rows.filter(({ isAged }) => isAged).map(({ digest }) => digest);
  if (aged.length > 0)
    await db
      .update(session)
      .set({ expiresAt: sql`now() + ${LIFETIME}` })
      .where(inArray(session.digest, aged));
  return new Map(
    rows.flatMap(({ digest, host, access }) => {
      const token = named.get(toHex(digest));
      return token === undefined ? [] : [[token, { host, access }]];
    }),
  );
};

export const deleteSession = async (db: Db, token: string): Promise<void> => {
  await db.delete(session).where(eq(session.digest, digestOf(token)));
};

/** Deletes the sessions that are over. */
export const pruneSessions = async (db: Db): Promise<void> => {
  await db.delete(session).where(lt(session.expiresAt, sql`now()`));
};
