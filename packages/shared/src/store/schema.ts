import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Failure, ImageFacts } from "../domain/image/hash-block.ts";
import type { ListingMark } from "../domain/image/listing-mark.ts";
import type { JobState } from "../domain/job/job.ts";
import { type Grouping, type JobMode, JobOptions } from "../domain/job/options.ts";
import { Source } from "../domain/job/source.ts";
import type { AccessScope } from "../domain/review/access.ts";
import type { ArchiveState, Verdict } from "../domain/review/decisions.ts";
import type { Feature } from "../domain/rollout/rollout.ts";

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fromDriver: (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
});
/** An option that came after a job was stored has its default. */
const jobOptions = customType<{ data: JobOptions; driverData: unknown }>({
  dataType: () => "jsonb",
  toDriver: (options) => JSON.stringify(options),
  fromDriver: (stored) => JobOptions.parse(stored),
});
/** A source that was stored before it could say more has the defaults. */
const sourceOf = customType<{ data: Source; driverData: unknown }>({
  dataType: () => "jsonb",
  toDriver: (source) => JSON.stringify(source),
  fromDriver: (stored) => Source.parse(stored),
});
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "string", precision: 3 });

export const catalog = pgTable(
  "catalog",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    name: text("name").notNull(),
    source: sourceOf("source").notNull(),
    /** Images per block and bits per hash: fixed by the first job that lists the catalog. */
    blockSize: integer("block_size"),
    hashBits: integer("hash_bits"),
    /** Where the next walk over the source may begin; null = at the start. */
    listingMark: jsonb("listing_mark").$type<ListingMark>(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Gone for its owner; its rows go little by little. */
    deletedAt: moment("deleted_at"),
  },
  (table) => [unique("catalog_name").on(table.tenant, table.name)],
);

export const job = pgTable(
  "job",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    catalogId: text("catalog_id").notNull(),
    mode: text("mode").$type<JobMode>().notNull(),
    options: jobOptions("options").notNull(),
    state: text("state").$type<JobState>().notNull(),
    paused: boolean("paused").notNull().default(false),
    run: integer("run").notNull().default(1),
    failure: text("failure"),
    traceparent: text("traceparent"),
    baseJob: text("base_job"),
    baseBlocks: integer("base_blocks"),
    blockSize: integer("block_size"),
    hashBits: integer("hash_bits"),
    thresholdBits: integer("threshold_bits"),
    radiusBits: integer("radius_bits"),
    /** Of the indexed kernel; null = exhaustive. */
    tileBlocks: integer("tile_blocks"),
    bands: integer("bands"),
    kernelReason: text("kernel_reason"),
    /** Dispatched up to the cursor; published up to here: together the outbox of all tasks. */
    hashCursor: integer("hash_cursor").notNull().default(0),
    hashPublished: integer("hash_published").notNull().default(0),
    compareCursor: integer("compare_cursor").notNull().default(0),
    comparePublished: integer("compare_published").notNull().default(0),
    blocksDone: bytea("blocks_done").notNull(),
    blocksQuarantined: bytea("blocks_quarantined").notNull(),
    tasksDone: bytea("tasks_done").notNull(),
    tasksQuarantined: bytea("tasks_quarantined").notNull(),
    /** Progress, derived from the sets above in the same transaction: for people and for SQL. */
    phase: text("phase").notNull(),
    totalImages: integer("total_images").notNull().default(0),
    completedImages: integer("completed_images").notNull().default(0),
    /** Completed images and those of blocks in hand: for people's eyes, never counted with. */
    shownImages: integer("shown_images").notNull().default(0),
    failedImages: integer("failed_images").notNull().default(0),
    totalBlocks: integer("total_blocks").notNull().default(0),
    completedBlocks: integer("completed_blocks").notNull().default(0),
    totalBlockPairs: bigint("total_block_pairs", { mode: "number" }).notNull().default(0),
    completedBlockPairs: bigint("completed_block_pairs", { mode: "number" }).notNull().default(0),
    totalTasks: integer("total_tasks").notNull().default(0),
    completedTasks: integer("completed_tasks").notNull().default(0),
    quarantinedTasks: integer("quarantined_tasks").notNull().default(0),
    /** Units of the phase a second, smoothed; 0 = not known yet. */
    rate: real("rate").notNull().default(0),
    rateAt: moment("rate_at"),
    acceptedAt: moment("accepted_at").notNull(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
    finishedAt: moment("finished_at"),
  },
  (table) => [
    index("job_catalog").on(table.catalogId, table.acceptedAt),
    index("job_active").on(table.updatedAt).where(sql`state in ('accepted', 'listing', 'running', 'finalizing')`),
  ],
);

export const image = pgTable(
  "image",
  {
    catalogId: text("catalog_id").notNull(),
    ordinal: integer("ordinal").notNull(),
    /** Bytes, not text: file names need not be valid UTF-8. Relative to the source's root. */
    path: bytea("path").notNull(),
    /** Equal fingerprint = the image has not changed since it was listed. */
    fingerprint: text("fingerprint").notNull(),
    bytes: bigint("bytes", { mode: "number" }),
    modifiedAt: moment("modified_at"),
    /** A hash that the source gives, which enters after the decode step. */
    givenHash: bytea("given_hash"),
    width: integer("width"),
    height: integer("height"),
    failure: jsonb("failure").$type<Failure>(),
    listedIn: text("listed_in").notNull(),
    /** The job whose listing no longer found it: a tombstone, its ordinal is never used again. */
    vanishedIn: text("vanished_in"),
  },
  (table) => [
    primaryKey({ columns: [table.catalogId, table.ordinal] }),
    uniqueIndex("image_path").on(table.catalogId, table.path).where(sql`vanished_in is null`),
    index("image_vanished").on(table.catalogId, table.ordinal).where(sql`vanished_in is not null`),
  ],
);

/** A hashed block, column for column the body of its `hash-done` event. */
export const hashBlock = pgTable(
  "hash_block",
  {
    catalogId: text("catalog_id").notNull(),
    block: integer("block").notNull(),
    jobId: text("job_id").notNull(),
    states: bytea("states").notNull(),
    hashes: bytea("hashes").notNull(),
    signatures: bytea("signatures").notNull().default(sql`''::bytea`),
    contentDigests: bytea("content_digests").notNull(),
    details: jsonb("details").$type<(ImageFacts | Failure | null)[]>().notNull(),
    failedImages: integer("failed_images").notNull(),
    digest: text("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.catalogId, table.block] })],
);

/** The edges one comparison task found. */
export const compareResult = pgTable(
  "compare_result",
  {
    jobId: text("job_id").notNull(),
    task: integer("task").notNull(),
    /** A task with many edges stores them part by part as it finds them. */
    part: integer("part").notNull().default(0),
    edges: bytea("edges").notNull(),
    edgeCount: integer("edge_count").notNull(),
    /** SHA-256 of the part's bytes. */
    digest: text("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.task, table.part] })],
);

/** Re-dispatched and quarantined tasks only: first attempts are arithmetic and leave no row. */
export const taskAttempt = pgTable(
  "task_attempt",
  {
    jobId: text("job_id").notNull(),
    kind: text("kind").notNull(),
    task: integer("task").notNull(),
    attempt: integer("attempt").notNull(),
    reason: text("reason").notNull(),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.kind, table.task, table.attempt] })],
);

/** How far features are rolled out; a feature without a row is for all jobs. */
export const rollout = pgTable("rollout", {
  feature: text("feature").$type<Feature>().primaryKey(),
  percent: integer("percent").notNull(),
  shadow: boolean("shadow").notNull(),
  changedAt: moment("changed_at").notNull().defaultNow(),
});

/** What a catalog's jobs get whatever the percentage. */
export const rolloutOverride = pgTable(
  "rollout_override",
  {
    feature: text("feature").$type<Feature>().notNull(),
    catalogId: text("catalog_id").notNull(),
    enabled: boolean("enabled").notNull(),
  },
  (table) => [primaryKey({ columns: [table.feature, table.catalogId] })],
);

/** Messages that must leave if their transaction commits. Polled by state, never by id. */
export const outbox = pgTable(
  "outbox",
  {
    eventId: text("event_id").primaryKey(),
    stream: text("stream").notNull(),
    subject: text("subject").notNull(),
    body: jsonb("body").$type<Record<string, unknown>>().notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    publishedAt: moment("published_at"),
  },
  (table) => [index("outbox_unpublished").on(table.createdAt).where(sql`published_at is null`)],
);

/** The effect of finalize, once for each (job, run). */
export const finalization = pgTable(
  "finalization",
  {
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    grouping: text("grouping").$type<Grouping>().notNull(),
    thresholdBits: integer("threshold_bits").notNull(),
    edges: bigint("edges", { mode: "number" }).notNull(),
    flatImages: integer("flat_images").notNull(),
    groups: integer("groups").notNull(),
    groupedImages: integer("grouped_images").notNull(),
    /** Results that build on each other are steps of one lineage, and share the groups that stay as they are. */
    lineage: integer("lineage").generatedByDefaultAsIdentity().notNull(),
    step: integer("step").notNull().default(0),
    /** Which images have equal hashes, as edges; only where the lineage's next step may follow. */
    equalImages: bytea("equal_images"),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.run] }),
    unique("finalization_step").on(table.lineage, table.step),
  ],
);

export const imageGroup = pgTable(
  "image_group",
  {
    lineage: integer("lineage").notNull(),
    number: integer("number").notNull(),
    /** The first step that has it, and the first one that has it no more; null = all that follow have it. */
    fromStep: integer("from_step").notNull(),
    toStep: integer("to_step"),
    kind: text("kind").notNull(),
    keeper: integer("keeper").notNull(),
    keeperReason: text("keeper_reason").notNull(),
    size: integer("size").notNull(),
    reclaimableBytes: bigint("reclaimable_bytes", { mode: "number" }).notNull(),
    /** The decision that stands for all its members; null = undecided. */
    decisionId: text("decision_id"),
    /** The decision that stood for some of them, before another image joined. */
    reopenedId: text("reopened_id"),
  },
  (table) => [
    primaryKey({ columns: [table.lineage, table.number] }),
    index("image_group_reclaimable").on(table.lineage, table.reclaimableBytes.desc(), table.number),
    index("image_group_decision").on(table.decisionId).where(sql`decision_id is not null`),
  ],
);

export const groupMember = pgTable(
  "group_member",
  {
    lineage: integer("lineage").notNull(),
    number: integer("number").notNull(),
    ordinal: integer("ordinal").notNull(),
    /** Hamming distance to the keeper in bits; null where both are flat and only their bytes are equal. */
    distance: smallint("distance"),
  },
  (table) => [primaryKey({ columns: [table.lineage, table.number, table.ordinal] })],
);

/** Images that the reference catalog of a job has too; those without a row it has not. */
export const referenceMatch = pgTable(
  "reference_match",
  {
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    ordinal: integer("ordinal").notNull(),
    referenceOrdinal: integer("reference_ordinal").notNull(),
    distance: smallint("distance").notNull(),
    equalBytes: boolean("equal_bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.run, table.ordinal] })],
);

/** What owners decided about groups: appended, never changed; an undo is another row. */
export const decision = pgTable(
  "decision",
  {
    id: text("id").primaryKey(),
    catalogId: text("catalog_id").notNull(),
    /** The group as it was shown. */
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    groupNumber: integer("group_number").notNull(),
    verdict: text("verdict").$type<Verdict>().notNull(),
    /** Ordinals: they stay an image's own for the life of the catalog. */
    members: integer("members").array().notNull(),
    keep: integer("keep").array().notNull(),
    /** The decision that this one takes back. */
    undoes: text("undoes").unique(),
    decidedBy: text("decided_by").notNull(),
    decidedAt: moment("decided_at").notNull().defaultNow(),
  },
  (table) => [index("decision_catalog").on(table.catalogId, table.decidedAt)],
);

/** Files moved out of a catalog's way, and perhaps back. What was moved stands in the manifest beside the files. */
export const archive = pgTable(
  "archive",
  {
    id: text("id").primaryKey(),
    catalogId: text("catalog_id").notNull(),
    state: text("state").$type<ArchiveState>().notNull(),
    /** Beside the files, under the catalog's root. */
    folder: text("folder").notNull(),
    totalFiles: integer("total_files").notNull(),
    movedFiles: integer("moved_files").notNull().default(0),
    movedBytes: bigint("moved_bytes", { mode: "number" }).notNull().default(0),
    /** Why files were left where they are, by path. */
    refusals: jsonb("refusals").$type<{ path: string; reason: string }[]>().notNull().default([]),
    startedAt: moment("started_at").notNull().defaultNow(),
    finishedAt: moment("finished_at"),
  },
  (table) => [index("archive_catalog").on(table.catalogId, table.startedAt)],
);

/** Who may use the API, and how far. The key itself is kept nowhere, only its SHA-256. */
export const accessKey = pgTable("access_key", {
  id: text("id").primaryKey(),
  tenant: text("tenant").notNull(),
  name: text("name").notNull(),
  scope: text("scope").$type<AccessScope>().notNull(),
  digest: bytea("digest").notNull().unique(),
  createdAt: moment("created_at").notNull().defaultNow(),
  revokedAt: moment("revoked_at"),
});

/** What a request with an Idempotency-Key was answered, to be answered again. */
export const idempotentRequest = pgTable(
  "idempotent_request",
  {
    tenant: text("tenant").notNull(),
    key: text("key").notNull(),
    /** Of method, path and body: the same key for something else is a mistake. */
    digest: text("digest").notNull(),
    /** null while the first one is at work. */
    status: integer("status"),
    location: text("location"),
    body: text("body"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.key] })],
);

/** Addresses to tell when a job is over. */
export const webhook = pgTable("webhook", {
  id: text("id").primaryKey(),
  tenant: text("tenant").notNull(),
  url: text("url").notNull(),
  /** Signs what is sent, so it is kept as it is. */
  secret: text("secret").notNull(),
  createdAt: moment("created_at").notNull().defaultNow(),
});

/** What is to be told, and how telling it went. */
export const webhookDelivery = pgTable(
  "webhook_delivery",
  {
    /** The receiver's idempotency id: the same for each attempt. */
    id: text("id").primaryKey(),
    webhookId: text("webhook_id")
      .notNull()
      .references(() => webhook.id, { onDelete: "cascade" }),
    payload: text("payload").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** null = over: delivered, or given up. */
    nextAttemptAt: moment("next_attempt_at").defaultNow(),
    deliveredAt: moment("delivered_at"),
    /** How the last attempt ended. */
    outcome: text("outcome"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    index("webhook_delivery_due").on(table.nextAttemptAt).where(sql`next_attempt_at is not null`),
    index("webhook_delivery_webhook").on(table.webhookId, table.createdAt),
  ],
);
