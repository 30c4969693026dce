import { randomBytes } from "node:crypto";
import { and, asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { ArchiveState } from "../../domain/review/decisions.ts";
import { type SealingKeys, seal, unsealWithAny } from "../access/seal.ts";
import type { Db } from "../open.ts";
import { archive, catalog, signingKey } from "../schema.ts";
import { onlyRow } from "../sql.ts";

export type ArchiveRow = typeof archive.$inferSelect;

export const insertArchive = async (
  db: Db,
  row: Pick<
    ArchiveRow,
    "id" | "catalogId" | "folder" | "destination" | "manifestDigest" | "ordinals" | "totalFiles" | "refusals"
  >,
): Promise<ArchiveRow> => {
  const inserted = db.insert(archive).values({ ...row, state: "archiving" });
  return onlyRow({ rows: await inserted.returning() });
};

/** Stores an archive that was found on a disk. Null where it is known already. */
export const insertRecovered = async (
  db: Db,
  row: Omit<typeof archive.$inferInsert, "state" | "startedAt" | "finishedAt">,
): Promise<ArchiveRow | null> => {
  const inserted = db.insert(archive).values({ ...row, state: "archived", finishedAt: sql`now()` });
  return (await inserted.onConflictDoNothing().returning())[0] ?? null;
};

/** What has files in it, perhaps. */
const FULL: ArchiveState[] = ["archived", "partly-restored"];
const FINISHED: readonly ArchiveState[] = [...FULL, "restored", "emptied"];

export const updateArchive = async (
  db: Db,
  id: string,
  change: Partial<Omit<ArchiveRow, "id" | "catalogId" | "finishedAt">>,
): Promise<void> => {
  const isFinished = change.state !== undefined && FINISHED.includes(change.state);
  await db
    .update(archive)
    .set({ ...change, ...(isFinished ? { finishedAt: sql`now()` } : {}) })
    .where(eq(archive.id, id));
};

/** Starts to restore an archive whose files are there, all or some. False when it is in another state. */
export const startRestore = async (db: Db, id: string, manifestConfirmed: boolean): Promise<boolean> => {
  const { rowCount } = await db
    .update(archive)
    .set({ state: "restoring", refusals: [], finishedAt: null, manifestConfirmed })
    .where(and(eq(archive.id, id), inArray(archive.state, FULL)));
  return rowCount === 1;
};

/** Archives of a catalog that have files and were started so long ago, oldest first. */
export const archivesOlderThan = (db: Db, catalogId: string, seconds: number): Promise<ArchiveRow[]> =>
  db.query.archive.findMany({
    where: and(
      eq(archive.catalogId, catalogId),
      inArray(archive.state, FULL),
      sql`${archive.startedAt} <= now() - make_interval(secs => ${seconds})`,
    ),
    orderBy: [asc(archive.startedAt), asc(archive.id)],
  });

/** Starts to delete an archive's files for good. False when it is in another state. */
export const startEmpty = async (db: Db, id: string): Promise<boolean> => {
  const { rowCount } = await db
    .update(archive)
    .set({ state: "emptying", refusals: [], finishedAt: null })
    .where(and(eq(archive.id, id), inArray(archive.state, FULL)));
  return rowCount === 1;
};

const MANIFEST_KEY = "archive-manifest";
const MANIFEST_KEY_BYTES = 32;

/**
 * The key that signs manifests of archives, created by the first call and stored sealed. Without a sealing key, or where none
 * opens it, it is another one: what it signed before is trusted by its digest alone.
 */
export const manifestKey = async (db: Db, keys: SealingKeys): Promise<Buffer> => {
  const [sealing] = keys;
  const byName = eq(signingKey.name, MANIFEST_KEY);
  const [row] = await db.select({ key: signingKey.key }).from(signingKey).where(byName);
  // Earlier versions stored it as it is.
  const plain = row?.key.length === MANIFEST_KEY_BYTES ? Buffer.from(row.key) : null;
  const opened = row === undefined || plain !== null ? null : unsealWithAny(keys, MANIFEST_KEY, row.key);
  if (opened !== null) return Buffer.from(opened, "base64");
  const key = plain ?? randomBytes(MANIFEST_KEY_BYTES);
  if (sealing === undefined) return key;
  const sealed = seal(sealing, MANIFEST_KEY, key.toString("base64"));
  if (row !== undefined) {
    await db
      .update(signingKey)
      .set({ key: sealed })
      .where(and(byName, eq(signingKey.key, row.key)));
    return key;
  }
  const inserted = await db.insert(signingKey).values({ name: MANIFEST_KEY, key: sealed }).onConflictDoNothing();
  // Another process was first.
  return inserted.rowCount === 1 ? key : manifestKey(db, keys);
};

/** An archive of the tenant; null when there is none. */
export const getArchive = async (db: Db, tenant: string, id: string): Promise<ArchiveRow | null> => {
  const rows = await db
    .select({ archive })
    .from(archive)
    .innerJoin(catalog, and(eq(catalog.id, archive.catalogId), eq(catalog.tenant, tenant)))
    .where(eq(archive.id, id));
  return rows[0]?.archive ?? null;
};

/** Archives of a catalog, newest first. */
export const listArchives = (db: Db, catalogId: string, limit: number): Promise<ArchiveRow[]> =>
  db.query.archive.findMany({
    where: eq(archive.catalogId, catalogId),
    orderBy: [desc(archive.startedAt), desc(archive.id)],
    limit,
  });

/** The images whose files an archive of the catalog has, or had until they were deleted for good: a query of their ordinals. */
export const archivedImages = (catalogId: string): SQL => sql`
  select unnest(ordinals) as ordinal from archive
  where catalog_id = ${catalogId} and (state <> 'restored' or deleted_files > 0)`;

/** {@link archivedImages}, as a set. */
export const archivedOrdinals = async (db: Db, catalogId: string): Promise<ReadonlySet<number>> => {
  const { rows } = await db.execute<{ ordinal: number }>(archivedImages(catalogId));
  return new Set(rows.map(({ ordinal }) => ordinal));
};

/** Every tenant's archives that are not finished, with their sources. */
export const unfinishedArchives = (db: Db) =>
  db
    .select({ archive, source: catalog.source, tenant: catalog.tenant })
    .from(archive)
    .innerJoin(catalog, eq(catalog.id, archive.catalogId))
    .where(inArray(archive.state, ["archiving", "restoring", "emptying"]));
