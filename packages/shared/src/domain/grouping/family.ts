import type { PairKind } from "../image/pair-kind.ts";
import type { KeeperReason } from "./keeper.ts";

/** A master and what was made from it. */
export interface Family {
  /** Its ordinal: the picture that the others were made from, and the suggested keeper. */
  readonly master: number;
  readonly reason: KeeperReason;
  /** The others, by ordinal, ascending. */
  readonly members: readonly FamilyMember[];
}

/** What a member is to the master. Where nobody could look, its kind is `unverified`. */
export interface FamilyMember {
  readonly ordinal: number;
  readonly kind: PairKind;
  readonly probability: number;
  /** The whole copy of the master that it was compared with; null = it was compared with the master. */
  readonly via: number | null;
  /** The two images that were looked at: one is the member or equal to it. null = the member is equal to the master. */
  readonly pair: { readonly a: number; readonly b: number } | null;
}

/** Images that owners have separated: of each those that it may be in no group with. */
export type Separated = ReadonlyMap<number, ReadonlySet<number>>;
