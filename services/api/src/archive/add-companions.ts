import type { SourcePlace } from "@lookalike/shared/sources/folder-handle";
import { findFiles, findNames } from "./find-files.ts";
import { type ArchivePlan, addFound } from "./plan-archive.ts";
import { companionsOf, foldersOf, planCompanions } from "./plan-companions.ts";

/** Adds the companions of the pictures that go, after them. @param archived the images that archives have already */
export const addCompanions = async (
  root: SourcePlace,
  { entries, refusals }: ArchivePlan,
  archived: ReadonlySet<number>,
): Promise<ArchivePlan> => {
  const companions = companionsOf(entries, await findNames(root, foldersOf(entries)));
  const paths = new Set(companions.flatMap(({ path, twins }) => [path, ...twins]));
  const found = await findFiles(
    root,
    [...paths].map((path) => ({ path })),
  );
  const planned = addFound(planCompanions({ entries }, companions, found), found, archived);
  return { entries: [...entries, ...planned.entries], refusals: [...refusals, ...planned.refusals] };
};
