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
  smallint,
  text,
  unique,
} from "drizzle-orm/pg-core";
import type { GroupKind, KeeperReason } from "../../domain/grouping/keeper.ts";
import type { MemberComparison } from "../../domain/grouping/member-comparison.ts";
import type { ResultDigests } from "../../domain/grouping/result-digest.ts";
import type { PairKind } from "../../domain/image/pair-kind.ts";
import type { Grouping } from "../../domain/job/options.ts";
import { bytea, time } from "./columns.ts";

/** The edges that one comparison task found. */
export const compareResult = pgTable(
  "compare_result",
  {
    jobId: text("job_id").notNull(),
    task: integer("task").notNull(),
    /** A task with many edges stores them in parts while it finds them. */
    part: integer("part").notNull().default(0),
    edges: bytea("edges").notNull(),
    edgeCount: integer("edge_count").notNull(),
    /** SHA-256 of the part's bytes. */
    digest: text("digest").notNull(),
    /**
     * In the first part of a task: the digest of the whole result, as its event has it; null until the event is recorded,
     * and where a version before this column recorded it.
     */
    resultDigest: text("result_digest"),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.task, table.part] })],
);

/** What verifying the pairs of one task gave. */
export const verifyResult = pgTable(
  "verify_result",
  {
    jobId: text("job_id").notNull(),
    task: integer("task").notNull(),
    /** Of the whole result, as its event has it. */
    resultDigest: text("result_digest").notNull(),
    part: integer("part").notNull().default(0),
    /** Pairs and verdicts: see verified-pairs.ts. */
    results: bytea("results").notNull(),
    /** SHA-256 of the part's bytes. */
    digest: text("digest").notNull(),
    /** Whether it is the task's result: other rows are of attempts whose event does not count. */
    isRecorded: boolean("is_recorded").notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.task, table.resultDigest, table.part] })],
);

/** What looking at two pictures gave, by their contents, whatever catalog or job they are of: nobody looks at them twice. */
export const verifiedPair = pgTable(
  "verified_pair",
  {
    tenant: text("tenant").notNull(),
    /** The version of the verification. */
    version: smallint("version").notNull(),
    /** SHA-256 of both files, the smaller one first. */
    first: bytea("first").notNull(),
    second: bytea("second").notNull(),
    /** See verified-pairs.ts. */
    verdict: bytea("verdict").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.version, table.first, table.second] })],
);

/** The result of grouping, once for each (job, run). */
export const finalization = pgTable(
  "finalization",
  {
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    /** The job's, by which row-level security knows whose a lineage of results is. */
    tenant: text("tenant").notNull(),
    grouping: text("grouping").$type<Grouping>().notNull(),
    thresholdBits: integer("threshold_bits").notNull(),
    edges: bigint("edges", { mode: "number" }).notNull(),
    flatImages: integer("flat_images").notNull(),
    groups: integer("groups").notNull(),
    groupedImages: integer("grouped_images").notNull(),
    /** Results that build on each other are steps of one lineage, and share the groups that do not change. */
    lineage: integer("lineage").generatedByDefaultAsIdentity().notNull(),
    step: integer("step").notNull().default(0),
    /** Which images have equal hashes, as edges; only in results that a next step may build on. */
    equalImages: bytea("equal_images"),
    /** Pairs that were found and nobody looked at; null where pairs are not verified. */
    unverifiedPairs: bigint("unverified_pairs", { mode: "number" }),
    /** How many of the catalog's decisions it was grouped by: the oldest ones. */
    decisions: integer("decisions"),
    /** A digest of the rows of each block's images, one after the other. */
    imageDigests: bytea("image_digests"),
    /** Digests of all that the result says and was made of; null in results of earlier versions. */
    digests: jsonb("digests").$type<ResultDigests>(),
    at: time("at").notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.run] }),
    unique("finalization_step").on(table.lineage, table.step),
    /** Finds the lineages of a tenant, for row-level security. */
    index("finalization_tenant").on(table.tenant, table.lineage).where(sql`step = 0`),
  ],
);

export const imageGroup = pgTable(
  "image_group",
  {
    lineage: integer("lineage").notNull(),
    number: integer("number").notNull(),
    /** The first step that has it, and the first step that no longer has it; null = every later step has it. */
    fromStep: integer("from_step").notNull(),
    toStep: integer("to_step"),
    kind: text("kind").$type<GroupKind>().notNull(),
    keeper: integer("keeper").notNull(),
    keeperReason: text("keeper_reason").$type<KeeperReason>().notNull(),
    size: integer("size").notNull(),
    reclaimableBytes: bigint("reclaimable_bytes", { mode: "number" }).notNull(),
    /** Of all that the group says: see `groupDigest`. null in groups of earlier versions. */
    digest: text("digest"),
    /** The decision that is effective for all its members; null = undecided. */
    decisionId: text("decision_id"),
    /** The decision that was effective for some of them, before another image joined. */
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
    /** What is wrong with its file; null = nothing was found. */
    damaged: text("damaged"),
    /** The first member that is another name of the same file (a hard link); null = it is a file by itself, or the first name. */
    sameFileAs: integer("same_file_as"),
    /** What it is to the keeper, where the group is a family; null = it is the keeper, or the group is one by hashes. */
    kind: text("kind").$type<PairKind>(),
    /** That both show the same, 0..1; null = nobody has looked. */
    probability: real("probability"),
    /** The copy of the keeper that it was compared with; null = the keeper itself. */
    via: integer("via"),
    /** What was seen where the two were laid over each other. */
    comparison: jsonb("comparison").$type<MemberComparison>(),
  },
  (table) => [primaryKey({ columns: [table.lineage, table.number, table.ordinal] })],
);

/** Images that the reference catalog of a job has, too. It has none of those without a row. */
export const referenceMatch = pgTable(
  "reference_match",
  {
    jobId: text("job_id").notNull(),
    run: integer("run").notNull(),
    ordinal: integer("ordinal").notNull(),
    referenceOrdinal: integer("reference_ordinal").notNull(),
    /** Hamming distance in bits. */
    distance: smallint("distance").notNull(),
    equalBytes: boolean("equal_bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.run, table.ordinal] })],
);
