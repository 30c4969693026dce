import { GroupKind } from "@lookalike/shared/domain/grouping/keeper";
import { z } from "zod";

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
