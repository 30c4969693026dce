import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { archive, catalog } from "../schema.ts";
import { onlyRow } from "../sql.ts";

export type ArchiveRow = typeof archive.$inferSelect;

export const insertArchive = async (
  db: Db,
  row: Pick<ArchiveRow, "id" | "catalogId" | "folder" | "totalFiles" | "refusals">,
): Promise<ArchiveRow> => {
  const inserted = db.insert(archive).values({ ...row, state: "archiving" });
  return onlyRow({ rows: await inserted.returning() });
};

export const updateArchive = async (
  db: Db,
  id: string,
  change: Partial<Pick<ArchiveRow, "state" | "movedFiles" | "movedBytes" | "refusals">>,
): Promise<void> => {
  const isFinished = change.state === "archived" || change.state === "restored";
  await db
    .update(archive)
    .set({ ...change, ...(isFinished ? { finishedAt: sql`now()` } : {}) })
    .where(eq(archive.id, id));
};

/** Changes an archive's state from archived to restoring. False when it is in another state. */
export const startRestore = async (db: Db, id: string): Promise<boolean> => {
  const { rowCount } = await db
    .update(archive)
    .set({ state: "restoring", movedFiles: 0, movedBytes: 0, refusals: [], finishedAt: null })
    .where(and(eq(archive.id, id), eq(archive.state, "archived")));
  return rowCount === 1;
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

/** Every tenant's archives that are not finished, with their sources. */
export const unfinishedArchives = (db: Db) =>
  db
    .select({ archive, source: catalog.source })
    .from(archive)
    .innerJoin(catalog, eq(catalog.id, archive.catalogId))
    .where(inArray(archive.state, ["archiving", "restoring"]));
