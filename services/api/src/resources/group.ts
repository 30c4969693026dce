import { GroupKind, KeeperReason } from "@lookalike/shared/domain/grouping/keeper";
import { MemberComparison } from "@lookalike/shared/domain/grouping/member-comparison";
import { ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import { PairKind } from "@lookalike/shared/domain/image/pair-kind";
import type { Db } from "@lookalike/shared/store/open";
import { type GroupsOf, getGroup, type listGroups } from "@lookalike/shared/store/results/groups";
import { decisionsOf } from "@lookalike/shared/store/review/decisions";
import { z } from "zod";
import { PageQuery, TrueOrFalse } from "../http/page.ts";
import { found } from "../http/problems.ts";
import { Decision, decisionResource } from "./decision.ts";
import { ImagePath } from "./image.ts";

export const Group = z
  .object({
    job: z.string(),
    number: z.int(),
    kind: GroupKind,
    keeper: z.int().meta({ description: "Ordinal of the member to keep" }),
    keeperReason: KeeperReason,
    size: z.int(),
    reclaimableBytes: z.int(),
    decision: Decision.nullable().meta({ description: "What stands for the whole group; null = undecided" }),
    reopened: Decision.nullable().meta({ description: "What stood for some of it, before another image joined" }),
    members: z.array(
      ImageFacts.extend({
        ordinal: z.int(),
        path: ImagePath,
        modifiedAt: z.iso.datetime().nullable(),
        distance: z
          .int()
          .nullable()
          .meta({ description: "Hamming distance to the keeper in bits; null = equal bytes of a flat image" }),
        sameFileAs: z.int().nullable().meta({
          description:
            "The first member that is another name of the same file (a hard link): removing one of them frees nothing; null = none",
        }),
        kind: PairKind.nullable().meta({
          description: "What it is to the keeper; null = it is the keeper, or the group is not by masters",
        }),
        probability: z
          .number()
          .nullable()
          .meta({ description: "That both show the same picture, 0..1, calibrated; null = nobody has looked" }),
        via: z.int().nullable().meta({
          description:
            "The copy of the keeper that it was compared with; null = the keeper itself. No rule removes such a member",
        }),
        comparison: MemberComparison.nullable().meta({
          description: "What was seen where it was laid over the keeper, or over the copy between; null = nobody did",
        }),
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

export const GroupQuery = PageQuery.extend({
  kind: GroupKind.optional(),
  minSize: z.coerce.number().int().min(2).max(2_147_483_647).optional(),
  minReclaimableBytes: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  decided: TrueOrFalse.optional().meta({ description: "false: only what is left to decide" }),
  reopened: TrueOrFalse.optional().meta({ description: "true: only those that another image joined since a decision" }),
  order: z
    .enum(["number", "newest", "reclaimable"])
    .default("number")
    .meta({ description: "newest: the highest number first, as a group that changes gets a new one" }),
});

export const GroupParams = z.object({ job: z.string(), number: z.coerce.number().int().min(1).max(2_147_483_647) });

type GroupRow = Awaited<ReturnType<typeof listGroups>>[number];

/** Groups as clients see them, with the decisions about them. */
export const groupResources = async (db: Db, rows: readonly GroupRow[]): Promise<z.infer<typeof Group>[]> => {
  const ids = rows.flatMap(({ decisionId, reopenedId }) => [decisionId, reopenedId]).filter((id) => id !== null);
  const decisions = new Map((await decisionsOf(db, ids)).map((row) => [row.id, decisionResource(row)]));
  const decisionOf = (id: string | null): z.infer<typeof Decision> | null => {
    if (id === null) return null;
    const decision = decisions.get(id);
    if (decision === undefined) throw new Error(`decision ${id} of a group is not stored`);
    return decision;
  };
  return rows.map(({ jobId, decisionId, reopenedId, ...group }) => ({
    ...group,
    job: jobId,
    decision: decisionOf(decisionId),
    reopened: decisionOf(reopenedId),
  }));
};

/** One group as clients see it. @throws HttpProblem 404 */
export const readGroup = async (
  db: Db,
  of: GroupsOf,
  number: number,
  isInTransaction = false,
): Promise<z.infer<typeof Group>> => {
  const row = await getGroup(db, of, number, isInTransaction);
  const [group] = await groupResources(db, row === null ? [] : [row]);
  return found(group, "group", number);
};

/** Changes with everything about a group that two people may change at the same time. */
export const groupEtag = ({ job, number, decision }: z.infer<typeof Group>): string =>
  `"${job}.${number}.${decision?.id ?? "undecided"}"`;
