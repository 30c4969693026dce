import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { ArchiveState, Verdict } from "../../domain/review/decisions.ts";
import { bytea, time } from "./columns.ts";

/** Owners' decisions about groups. Rows are appended, never changed; an undo is another row. */
export const decision = pgTable(
  "decision",
  {
    id: text("id").primaryKey(),
    catalogId: text("catalog_id").notNull(),
    /** The group, as it was shown to its owner. */
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    groupNumber: integer("group_number").notNull(),
    verdict: text("verdict").$type<Verdict>().notNull(),
    /** Ordinals, which belong to the same image for the life of the catalog. */
    members: integer("members").array().notNull(),
    keep: integer("keep").array().notNull(),
    /** The decision that this one takes back or continues. */
    undoes: text("undoes").unique(),
    decidedBy: text("decided_by").notNull(),
    decidedAt: time("decided_at").notNull().default(sql`now()`),
  },
  (table) => [index("decision_catalog").on(table.catalogId, table.decidedAt)],
);

/** Files that were moved out of a catalog, and perhaps back. The manifest beside the files lists each one. */
export const archive = pgTable(
  "archive",
  {
    id: text("id").primaryKey(),
    catalogId: text("catalog_id").notNull(),
    state: text("state").$type<ArchiveState>().notNull(),
    /** Where the files are: under the catalog's root, or under the destination. */
    folder: text("folder").notNull(),
    /** The folder that the owner chose for archived files; null = the catalog's root. */
    destination: text("destination"),
    /** SHA-256 of the manifest; null for archives of earlier versions. */
    manifestDigest: text("manifest_digest"),
    /** The owner trusts the manifest as it is, although it is not the one that was written. */
    manifestConfirmed: boolean("manifest_confirmed").notNull().default(false),
    totalFiles: integer("total_files").notNull(),
    /** The images that it is to move, and then those that it has moved and not restored: a scan that misses them has not lost them. */
    ordinals: integer("ordinals").array().notNull().default([]),
    movedFiles: integer("moved_files").notNull().default(0),
    movedBytes: bigint("moved_bytes", { mode: "number" }).notNull().default(0),
    /** What the archive had when all its files were moved; null until then. */
    archivedFiles: integer("archived_files"),
    archivedBytes: bigint("archived_bytes", { mode: "number" }),
    /** Archived files that were deleted for good, and the space that the archive's disk reports as free since then. */
    deletedFiles: integer("deleted_files").notNull().default(0),
    deletedBytes: bigint("deleted_bytes", { mode: "number" }).notNull().default(0),
    /** Space that the catalog's disk reports as free since the files were moved to another one. */
    freedBytes: bigint("freed_bytes", { mode: "number" }).notNull().default(0),
    /** Decisions that its restore took back, so that the next archive leaves the files where they are. */
    withdrawnDecisions: integer("withdrawn_decisions").notNull().default(0),
    /** Files that were not moved, with the reason. */
    refusals: jsonb("refusals").$type<{ path: string; reason: string }[]>().notNull().default([]),
    startedAt: time("started_at").notNull().default(sql`now()`),
    finishedAt: time("finished_at"),
  },
  (table) => [index("archive_catalog").on(table.catalogId, table.startedAt)],
);

/** Keys of this installation that sign what it writes elsewhere, each sealed: see seal.ts. */
export const signingKey = pgTable("signing_key", {
  name: text("name").primaryKey(),
  key: bytea("key").notNull(),
});
