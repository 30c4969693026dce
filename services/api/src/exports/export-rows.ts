import type { Db } from "@lookalike/shared/store/open";
import { type GroupsOf, listGroups } from "@lookalike/shared/store/results/groups";
import type { z } from "zod";
import type { Decision } from "../resources/decision.ts";
import { type Group, groupResources } from "../resources/group.ts";

const GROUPS_PER_PAGE = 500;

/** Every image of every group of a result, read one page of groups at a time. */
export async function* exportRows(db: Db, of: GroupsOf): AsyncGenerator<ExportRow> {
  for (let after = 0; ; ) {
    const rows = await listGroups(db, of, {}, { by: "number", after }, GROUPS_PER_PAGE);
    for (const group of await groupResources(db, rows)) yield* rowsOf(group);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

/** What is exported of a grouped image; its decision is null while nobody has decided. */
export type ExportRow = ReturnType<typeof rowsOf>[number];

const rowsOf = ({ number, kind, keeper, decision, members }: z.infer<typeof Group>) =>
  members.map(({ ordinal, path, distance, width = null, height = null, bytes = null }) => ({
    group: number,
    kind,
    ordinal,
    path,
    decision: decision === null ? null : decisionAbout(decision, ordinal),
    suggestion: ordinal === keeper ? ("keep" as const) : ("remove" as const),
    distance,
    width,
    height,
    bytes,
  }));

/** What a group's decision says about one of its images. */
const decisionAbout = ({ verdict, keep }: z.infer<typeof Decision>, ordinal: number) => {
  if (verdict !== "keep") return "not-duplicates" as const;
  return keep.includes(ordinal) ? ("keep" as const) : ("remove" as const);
};
