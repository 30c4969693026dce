import { FailureReason, ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import { Grouping, JobMode, JobOptions, Source } from "@lookalike/shared/domain/job/options";
import { AccessScope } from "@lookalike/shared/domain/review/access";
import { ArchiveState } from "@lookalike/shared/domain/review/decisions";
import { z } from "zod";

export const Catalog = z
  .object({
    id: z.string(),
    name: z.string(),
    source: Source,
    blockSize: z.int().nullable().meta({ description: "Images per block; fixed by the first job" }),
    hashBits: z.int().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Catalog" });

export const NewCatalog = z
  .object({ name: z.string().trim().min(1).max(200), source: Source })
  .meta({ id: "NewCatalog" });

export const CatalogChange = z.strictObject({ name: z.string().trim().min(1).max(200) }).meta({ id: "CatalogChange" });

/** An owner never sees a shadow. */
const OwnersMode = JobMode.exclude(["shadow"]);

export const NewJob = JobOptions.omit({ rollout: true, shadowOf: true })
  .extend({ mode: OwnersMode.default("new") })
  .meta({ id: "NewJob" });

export const Job = z
  .object({
    id: z.string(),
    catalog: z.string(),
    mode: OwnersMode,
    options: JobOptions,
    state: z.enum(["accepted", "listing", "running", "finalizing", "completed", "failed", "cancelled"]),
    phase: z.enum(["listing", "hashing", "comparing", "grouping", "done"]),
    paused: z.boolean(),
    run: z.int(),
    failure: z.string().nullable(),
    blockSize: z.int().nullable(),
    hashBits: z.int().nullable(),
    thresholdBits: z.int().nullable(),
    radiusBits: z.int().nullable(),
    kernel: z.enum(["exhaustive", "indexed"]).nullable().meta({ description: "null until listed" }),
    kernelReason: z.string().nullable().meta({ description: "What each kernel would cost" }),
    totalImages: z.int(),
    completedImages: z.int(),
    failedImages: z.int(),
    totalBlocks: z.int(),
    completedBlocks: z.int(),
    totalBlockPairs: z.int(),
    completedBlockPairs: z.int(),
    totalTasks: z.int(),
    completedTasks: z.int(),
    quarantinedTasks: z.int(),
    rate: z.number().meta({ description: "Images or block pairs a second, as the phase counts; 0 = not known yet" }),
    etaSeconds: z.number().nullable(),
    acceptedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    result: z
      .object({
        grouping: Grouping,
        thresholdBits: z.int(),
        groups: z.int(),
        groupedImages: z.int(),
        flatImages: z.int(),
        edges: z.int().meta({
          description:
            "Similar pairs that were grouped; on top of an earlier job's result, only those that a change touched",
        }),
      })
      .nullable(),
  })
  .meta({ id: "Job" });

const path = z.string().meta({
  description: "Relative to the source; an invalid UTF-8 byte 0xNN is the lone surrogate U+DCNN (PEP 383)",
});

export const Image = ImageFacts.extend({
  ordinal: z.int().meta({ description: "The image's number in its catalog, never used again" }),
  path,
  modifiedAt: z.iso.datetime().nullable(),
  state: z.enum(["listed", "hashed", "flat", "failed"]),
  contentDigest: z.string().nullable().meta({ description: "SHA-256 of the file in hexadecimal" }),
  failure: z.object({ reason: FailureReason, detail: z.string() }).nullable(),
}).meta({ id: "Image" });

export const QueryResult = z
  .object({
    hash: z.string().meta({ description: "What was searched for, in hexadecimal" }),
    items: z.array(z.object({ distance: z.int().meta({ description: "Hamming distance in bits" }), image: Image })),
  })
  .meta({ id: "QueryResult" });

export const ReferencedImage = z
  .object({
    image: Image,
    match: z
      .object({
        ordinal: z.int(),
        referenceOrdinal: z.int().meta({ description: "Ordinal of the nearest image in the reference catalog" }),
        distance: z.int().meta({ description: "Hamming distance in bits" }),
        equalBytes: z.boolean(),
        path: z.string().nullable().meta({ description: "In the reference; null = gone since" }),
      })
      .nullable(),
  })
  .meta({ id: "ReferencedImage" });

export const Decision = z
  .object({
    id: z.string(),
    job: z.string(),
    group: z.int(),
    verdict: z.enum(["keep", "not-duplicates", "undo"]),
    members: z.array(z.int()).meta({ description: "Ordinals of the group as it was shown" }),
    keep: z.array(z.int()).meta({ description: "Ordinals that stay" }),
    undoes: z.string().nullable(),
    decidedBy: z.string(),
    decidedAt: z.iso.datetime(),
  })
  .meta({ id: "Decision" });

export const NewDecision = z
  .discriminatedUnion("verdict", [
    z.strictObject({
      verdict: z.literal("keep"),
      keep: z
        .array(z.int().min(0))
        .min(1)
        .max(100_000)
        .meta({ description: "Ordinals that stay: at least one; all = keep all. The others may be archived" }),
    }),
    z.strictObject({ verdict: z.literal("not-duplicates") }),
  ])
  .meta({ id: "NewDecision" });

const GroupKind = z.enum(["exact", "variant", "derivative", "burst", "near-duplicate"]);

export const Group = z
  .object({
    job: z.string(),
    number: z.int(),
    kind: GroupKind,
    keeper: z.int().meta({ description: "Ordinal of the member to keep" }),
    keeperReason: z.enum(["highest-resolution", "most-bytes", "oldest", "first-path"]),
    size: z.int(),
    reclaimableBytes: z.int(),
    decision: Decision.nullable().meta({ description: "What stands for the whole group; null = undecided" }),
    reopened: Decision.nullable().meta({ description: "What stood for some of it, before another image joined" }),
    members: z.array(
      ImageFacts.extend({
        ordinal: z.int(),
        path,
        modifiedAt: z.iso.datetime().nullable(),
        distance: z
          .int()
          .nullable()
          .meta({ description: "Hamming distance to the keeper in bits; null = equal bytes of a flat image" }),
      }),
    ),
  })
  .meta({ id: "Group" });

export const Pair = z
  .object({
    a: z.int(),
    b: z.int(),
    distance: z.int().nullable().meta({ description: "Hamming distance of the perceptual hashes in bits" }),
    secondDistance: z.int().nullable().meta({ description: "Of the second hash, in bits; null for given hashes" }),
    colourSteps: z.int().nullable().meta({ description: "Largest difference of a quarter's colour, of 255" }),
    equalBytes: z.boolean(),
  })
  .meta({ id: "Pair" });

export const GroupDetail = Group.extend({
  pairs: z.array(Pair).meta({ description: "Every two members, of the first 100" }),
}).meta({ id: "GroupDetail" });

export const GroupQuery = z.object({
  kind: GroupKind.optional(),
  minSize: z.coerce.number().int().min(2).max(2_147_483_647).optional(),
  minReclaimableBytes: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  decided: z.enum(["true", "false"]).optional().meta({ description: "false: only what is left to decide" }),
});

export const BulkDecision = z
  .strictObject({
    kinds: z.array(GroupKind).min(1).max(5).meta({ description: "Undecided groups of these kinds" }),
    minReclaimableBytes: z.int().min(0).default(0),
    keepUnder: z.string().max(4_096).nullable().default(null).meta({
      description:
        "A folder of the source whose images all stay: decides the groups that lie partly in it. null: the suggested image of each group stays",
    }),
    preview: z.boolean().default(true).meta({ description: "true: only says what it would do" }),
  })
  .meta({ id: "BulkDecision" });

export const BulkResult = z
  .object({ preview: z.boolean(), groups: z.int(), kept: z.int(), removed: z.int(), reclaimableBytes: z.int() })
  .meta({ id: "BulkResult" });

export const Statistics = z
  .object({
    images: z.int(),
    job: z.string().nullable().meta({ description: "The newest finished job; null before the first" }),
    groups: z.int(),
    undecided: z.int(),
    groupedImages: z.int(),
    reclaimableBytes: z.int(),
    byKind: z.array(
      z.object({
        kind: GroupKind,
        groups: z.int(),
        undecided: z.int(),
        images: z.int(),
        reclaimableBytes: z.int(),
      }),
    ),
  })
  .meta({ id: "Statistics" });

export const Archive = z
  .object({
    id: z.string(),
    catalog: z.string(),
    state: ArchiveState,
    folder: z.string().meta({ description: "Where the files are, with a manifest of them" }),
    totalFiles: z.int(),
    movedFiles: z.int(),
    movedBytes: z.int(),
    refusals: z.array(z.object({ path: z.string(), reason: z.string() })).meta({ description: "Files left alone" }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Archive" });

export const AccessKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: AccessScope,
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "AccessKey" });

export const NewAccessKey = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ description: "Who uses it: stands in what they decide" }),
    scope: AccessScope.default("write"),
  })
  .meta({ id: "NewAccessKey" });

export const NewWebhook = z.strictObject({ url: z.string().min(1).max(2_000) }).meta({ id: "NewWebhook" });

export const Webhook = z
  .object({ id: z.string(), url: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: "Webhook" });

export const WebhookDelivery = z
  .object({
    id: z.string().meta({ description: "The webhook-id header of every attempt" }),
    payload: z.object({
      type: z.enum(["job.finalized", "job.failed"]),
      timestamp: z.string(),
      data: z.object({ job: z.string(), catalog: z.string(), state: z.string(), failure: z.string().nullable() }),
    }),
    attempts: z.int(),
    outcome: z.string().nullable().meta({ description: "How the last attempt ended" }),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().nullable(),
    nextAttemptAt: z.iso.datetime().nullable().meta({ description: "null = over: delivered, or given up" }),
  })
  .meta({ id: "WebhookDelivery" });

export const FailedImage = z
  .object({ ordinal: z.int(), path: z.string(), reason: FailureReason, detail: z.string() })
  .meta({ id: "FailedImage" });

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details" });

/** A page of a list, and the cursor that asks for the next one; null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
