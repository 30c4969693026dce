import type { z } from "zod";
import type { Decision } from "../resources/decision.ts";
import type { Group } from "../resources/group.ts";

/** What is exported of a grouped image; its decision is null while nobody has decided. */
export type ExportRow = ReturnType<typeof exportRows>[number];

/** @param identityOf what shows that an image is the one that was decided about; null = not needed, or not known */
export const exportRows = (
  { number, kind, keeper, decision, members }: z.infer<typeof Group>,
  identityOf: (ordinal: number) => string | null = () => null,
) => {
  const decisionAbout = decision === null ? () => null : decided(decision);
  return members.map(({ ordinal, path, distance, width = null, height = null, bytes = null }) => ({
    group: number,
    kind,
    ordinal,
    path,
    decision: decisionAbout(ordinal),
    suggestion: ordinal === keeper ? ("keep" as const) : ("remove" as const),
    distance,
    width,
    height,
    bytes,
    identity: identityOf(ordinal),
  }));
};

/** What a group's decision says about each of its images. */
const decided = ({ verdict, keep }: z.infer<typeof Decision>) => {
  if (verdict !== "keep") return () => "not-duplicates" as const;
  const kept = new Set(keep);
  return (ordinal: number) => (kept.has(ordinal) ? ("keep" as const) : ("remove" as const));
};

/** How the rows of groups become the lines of a file. */
export interface Layout {
  readonly head: string;
  readonly linesOf: (group: readonly ExportRow[]) => string[];
  readonly tail?: string;
}
