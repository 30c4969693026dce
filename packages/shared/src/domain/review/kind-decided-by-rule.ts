import type { z } from "zod";
import { GroupKind } from "../grouping/keeper.ts";
import { KindAcceptedByRule } from "../image/pair-kind.ts";

/**
 * The kinds of groups that a rule may decide. Not where only the first pages were compared, where somebody must say whether an edited picture may go, or where
 * nobody has looked.
 */
export const KindDecidedByRule = GroupKind.exclude([
  ...(["partial", "toned", "turned", "mirrored", "cropped", "framed", "retouched", "unverified"] as const),
]);
export type KindDecidedByRule = z.infer<typeof KindDecidedByRule>;

/** What a rule decides where nobody chose kinds: copies of the whole picture. */
export const ACCEPTED_KINDS: readonly KindDecidedByRule[] = ["exact", ...KindAcceptedByRule.options];
