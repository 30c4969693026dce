import type { Group } from "@lookalike/client";
import type { PairKind } from "@lookalike/shared/domain/image/pair-kind";

/** What a picture is to the suggested one. `smaller` and `larger` say more of what was resized. */
export type Relation = PairKind | "smaller" | "larger";

type Size = Pick<Group["members"][number], "width" | "height">;
type Seen = Size & Pick<Group["members"][number], "kind">;

const pixels = ({ width, height }: Size): number | null =>
  width === undefined || height === undefined ? null : width * height;

/** What a member is to the suggested one: what somebody saw, else what is known of both files. */
export const relationOf = (kind: Group["kind"], keeper: Size, member: Seen): Relation => {
  if (member.kind !== null) return member.kind === "resized" ? resized(pixels(keeper), pixels(member)) : member.kind;
  switch (kind) {
    case "exact":
      return "identical";
    case "burst":
      return "burst";
    case "derivative":
      return "cropped";
    case "near-duplicate":
      return "unverified";
    case "partial":
    case "damaged":
      return "similar";
    case "variant":
      return resized(pixels(keeper), pixels(member));
    default:
      return kind;
  }
};

const resized = (keeper: number | null, member: number | null): Relation => {
  if (keeper === null || member === null || keeper === member) return "re-encoded";
  return member < keeper ? "smaller" : "larger";
};
