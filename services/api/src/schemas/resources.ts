import { FailureReason, ImageFacts } from "@lookalike/shared/domain/hash-block";
import { Grouping, JobMode, JobOptions, Source } from "@lookalike/shared/domain/options";
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

export const NewJob = JobOptions.extend({ mode: JobMode.default("new") }).meta({ id: "NewJob" });

export const Job = z
  .object({
    id: z.string(),
    catalog: z.string(),
    mode: JobMode,
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
        edges: z.int(),
      })
      .nullable(),
  })
  .meta({ id: "Job" });

export const Group = z
  .object({
    number: z.int(),
    kind: z.enum(["exact", "variant", "derivative", "burst", "near-duplicate"]),
    keeper: z.int().meta({ description: "Ordinal of the member to keep" }),
    keeperReason: z.enum(["highest-resolution", "most-bytes", "oldest", "first-path"]),
    size: z.int(),
    reclaimableBytes: z.int(),
    members: z.array(
      ImageFacts.extend({
        ordinal: z.int(),
        path: z.string().meta({
          description: "Relative to the source; an invalid UTF-8 byte 0xNN is the lone surrogate U+DCNN (PEP 383)",
        }),
        distance: z
          .int()
          .nullable()
          .meta({ description: "Hamming distance to the keeper in bits; null = equal bytes of a flat image" }),
      }),
    ),
  })
  .meta({ id: "Group" });

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
