import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { FIRST_FORMAT } from "../../domain/image/hash-format.ts";
import type { FileCounts, UnlistedClass } from "../../domain/job/file-counts.ts";
import type { JobState } from "../../domain/job/job.ts";
import { type JobMode, JobOptions } from "../../domain/job/options.ts";
import type { Phase } from "../../domain/job/progress.ts";
import { bytea, parsedJson, time } from "./columns.ts";

export const job = pgTable(
  "job",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    catalogId: text("catalog_id").notNull(),
    mode: text("mode").$type<JobMode>().notNull(),
    options: parsedJson(JobOptions)("options").notNull(),
    state: text("state").$type<JobState>().notNull(),
    paused: boolean("paused").notNull().default(false),
    commandNumber: bigint("command_number", { mode: "number" }).notNull().default(0),
    run: integer("run").notNull().default(1),
    failure: text("failure"),
    missingImages: integer("missing_images"),
    traceparent: text("traceparent"),
    baseJob: text("base_job"),
    baseBlocks: integer("base_blocks"),
    blockSize: integer("block_size"),
    hashBits: integer("hash_bits"),
    hashFormat: text("hash_format").notNull().default(FIRST_FORMAT),
    thresholdBits: integer("threshold_bits"),
    radiusBits: integer("radius_bits"),
    /** The indexed kernel's plan; null = the exhaustive kernel. */
    tileBlocks: integer("tile_blocks"),
    bands: integer("bands"),
    kernelReason: text("kernel_reason"),
    /** What became of each file under the root; null where the job walked no folder. */
    fileCounts: jsonb("file_counts").$type<FileCounts>(),
    /** Whether the pairs that it finds are verified. */
    verification: boolean("verification").notNull().default(false),
    /** Blocks of a tile in which candidates are sought; null = only edges are verified, or nothing. */
    candidateTileBlocks: integer("candidate_tile_blocks"),
    /** Tasks below the cursor are dispatched, those below "published" are sent: the outbox of all tasks. */
    hashCursor: integer("hash_cursor").notNull().default(0),
    hashPublished: integer("hash_published").notNull().default(0),
    compareCursor: integer("compare_cursor").notNull().default(0),
    comparePublished: integer("compare_published").notNull().default(0),
    verifyCursor: integer("verify_cursor").notNull().default(0),
    verifyPublished: integer("verify_published").notNull().default(0),
    blocksDone: bytea("blocks_done").notNull(),
    blocksQuarantined: bytea("blocks_quarantined").notNull(),
    tasksDone: bytea("tasks_done").notNull(),
    tasksQuarantined: bytea("tasks_quarantined").notNull(),
    verifyDone: bytea("verify_done").notNull().default(sql`''`),
    verifyQuarantined: bytea("verify_quarantined").notNull().default(sql`''`),
    /** Progress, derived from the sets above in the same transaction, for people and for SQL. */
    phase: text("phase").$type<Phase>().notNull(),
    totalImages: integer("total_images").notNull().default(0),
    completedImages: integer("completed_images").notNull().default(0),
    /** Completed images and those of blocks in progress: shown to people, never computed with. */
    shownImages: integer("shown_images").notNull().default(0),
    failedImages: integer("failed_images").notNull().default(0),
    totalBlocks: integer("total_blocks").notNull().default(0),
    completedBlocks: integer("completed_blocks").notNull().default(0),
    totalBlockPairs: bigint("total_block_pairs", { mode: "number" }).notNull().default(0),
    completedBlockPairs: bigint("completed_block_pairs", { mode: "number" }).notNull().default(0),
    totalTasks: integer("total_tasks").notNull().default(0),
    completedTasks: integer("completed_tasks").notNull().default(0),
    totalVerifyTasks: integer("total_verify_tasks").notNull().default(0),
    completedVerifyTasks: integer("completed_verify_tasks").notNull().default(0),
    quarantinedTasks: integer("quarantined_tasks").notNull().default(0),
    /** Units of the phase per second, smoothed; 0 = not known yet. */
    rate: real("rate").notNull().default(0),
    rateAt: time("rate_at"),
    acceptedAt: time("accepted_at").notNull(),
    updatedAt: time("updated_at").notNull().default(sql`now()`),
    finishedAt: time("finished_at"),
  },
  (table) => [
    index("job_catalog").on(table.catalogId, table.acceptedAt),
    index("job_active").on(table.updatedAt).where(sql`state in ('accepted', 'listing', 'running', 'finalizing')`),
  ],
);

/** Files that the walk of a job with a reference found and did not list: nobody compares them. */
export const unlistedFile = pgTable(
  "unlisted_file",
  {
    number: integer("number").primaryKey().generatedByDefaultAsIdentity(),
    jobId: text("job_id").notNull(),
    path: bytea("path").notNull(),
    class: text("class").$type<UnlistedClass>().notNull(),
    detail: text("detail").notNull(),
  },
  (table) => [uniqueIndex("unlisted_file_path").on(table.jobId, sql`sha256(${table.path})`)],
);

/** Tasks that were dispatched again or quarantined: a first attempt is arithmetic and leaves no row. */
export const taskAttempt = pgTable(
  "task_attempt",
  {
    jobId: text("job_id").notNull(),
    kind: text("kind").notNull(),
    task: integer("task").notNull(),
    attempt: integer("attempt").notNull(),
    reason: text("reason").notNull(),
    /** Whether the attempt before failed; otherwise its message was lost, which is not the work's fault. */
    failed: boolean("failed").notNull().default(true),
    at: time("at").notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.kind, table.task, table.attempt] })],
);

/**
 * Messages that must be published if their transaction commits, and events until they are applied. They are polled by
 * state, never by number: numbers are not committed in their order.
 */
export const outbox = pgTable(
  "outbox",
  {
    eventId: text("event_id").primaryKey(),
    /** The order in which messages of one job are published. */
    number: bigint("number", { mode: "number" }).notNull().generatedByDefaultAsIdentity(),
    stream: text("stream").notNull(),
    subject: text("subject").notNull(),
    body: jsonb("body").$type<Record<string, unknown>>().notNull(),
    createdAt: time("created_at").notNull().default(sql`now()`),
    publishedAt: time("published_at"),
    /** When the projection applied the event; null for what is no event. */
    appliedAt: time("applied_at"),
  },
  (table) => [
    index("outbox_unpublished").on(table.number).where(sql`published_at is null`),
    index("outbox_unapplied").on(table.publishedAt).where(sql`applied_at is null and stream = 'LOOKALIKE_EVENTS'`),
  ],
);
