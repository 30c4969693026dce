import { Verdict } from "@lookalike/shared/domain/review/decisions";
import { KindDecidedByRule } from "@lookalike/shared/domain/review/kind-decided-by-rule";
import type { DecisionRow } from "@lookalike/shared/store/review/decisions";
import { z } from "zod";

export const Decision = z
  .object({
    id: z.string(),
    job: z.string(),
    group: z.int(),
    verdict: Verdict,
    members: z.array(z.int()).meta({ description: "Ordinals of the group as it was shown" }),
    keep: z.array(z.int()).meta({ description: "Ordinals that stay" }),
    undoes: z.string().nullable().meta({
      description:
        "The decision that an undo takes back; or that this one continues, because files got other metadata since",
    }),
    decidedBy: z.string(),
    decidedAt: z.iso.datetime(),
  })
  .meta({ id: "Decision" });

const MAX_KEPT = 100_000;

const isOrdinal = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** As an array of zod it would report each of a hundred thousand wrong elements, for half a second. */
const Ordinals = z
  .custom<number[]>(
    (value) => Array.isArray(value) && value.length > 0 && value.length <= MAX_KEPT && value.every(isOrdinal),
    `must be 1 to ${MAX_KEPT} ordinals`,
  )
  .meta({
    type: "array",
    items: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    minItems: 1,
    maxItems: MAX_KEPT,
    description: "Ordinals that stay: at least one; all = keep all. The others may be archived",
  });

export const NewDecision = z
  .discriminatedUnion("verdict", [
    z.strictObject({
      verdict: z.literal("keep"),
      keep: Ordinals,
    }),
    z.strictObject({ verdict: z.literal("not-duplicates") }),
  ])
  .meta({ id: "NewDecision" });

/** Groups that one request may name. */
const MAX_GROUPS = 1_000;

export const BulkDecision = z
  .strictObject({
    kinds: z.array(KindDecidedByRule).min(1).max(KindDecidedByRule.options.length).meta({
      description: "Undecided groups of these kinds; not a family with an image that only its copy was compared with",
    }),
    minReclaimableBytes: z.int().min(0).default(0),
    groups: z
      .array(z.int().min(1).max(2_147_483_647))
      .min(1)
      .max(MAX_GROUPS)
      .optional()
      .meta({ description: "Numbers of groups: only these. Left out: all of these kinds" }),
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

/** Decisions that one request may take back. */
const MAX_UNDONE = 1_000;

export const UndoMany = z
  .strictObject({ decisions: z.array(z.string().max(64)).min(1).max(MAX_UNDONE) })
  .meta({ id: "UndoMany" });

export const UndoneMany = z
  .object({ undone: z.int().meta({ description: "Decisions taken back: those that were not before" }) })
  .meta({ id: "UndoneMany" });

export const ImportResult = z
  .object({
    imported: z.int().meta({ description: "New decisions of this catalog" }),
    known: z.int().meta({ description: "It had these" }),
    unmatched: z.int().meta({ description: "Their pictures are not in this catalog, or too few of them" }),
  })
  .meta({ id: "ImportResult" });

/** A decision as clients see it. */
export const decisionResource = (row: DecisionRow): z.infer<typeof Decision> =>
  Decision.parse({ ...row, job: row.jobId, group: row.groupNumber });
