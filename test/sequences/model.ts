/**
 * What must be true of a catalog, whatever happens to its files: a pure model that knows no server and no folder.
 *
 * The content of a file is its SHA-256. A picture is what a file shows: files that differ only in their metadata have
 * the same picture. The model remembers which content each ordinal has ever had, and which decisions are effective.
 * A decision is about ordinals, so it stands for as long as three rules hold after every scan:
 *
 * 1. An ordinal never gets other content.
 * 2. Content that an ordinal had gets a new ordinal only where each ordinal that had it is in use: then it is one more copy.
 * 3. Where a file has other metadata, its new ordinal takes the place of the old one in every decision that is not about
 *    both. Where the metadata are what they were once, that is an ordinal from before the one that it replaces.
 *
 * 4. Where no file of its path shows the picture of an image that a scan misses, an image that the scan has added may be its
 *    successor, as `successorsOf` says. An archived image has none.
 *
 * From these follows what a group must say: it is decided if one decision is about all of its images, it is reopened
 * if a decision is about two of them at least but not all, and it never has two images that are no duplicates.
 */

import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { successorsOf } from "@lookalike/shared/domain/review/successors";

/** An image that a scan found. */
export interface ScannedImage {
  readonly ordinal: number;
  readonly path: string;
  /** SHA-256 of the file. */
  readonly content: string;
}

export interface ModelDecision {
  readonly verdict: "keep" | "not-duplicates";
  /** Ordinals, ascending. */
  readonly members: readonly number[];
  readonly keep: readonly number[];
}

export interface ScannedGroup {
  readonly members: readonly number[];
  readonly isDecided: boolean;
  readonly isReopened: boolean;
}

/** What is known of a catalog after a scan, and after each decision since. */
export interface Model {
  /** The content and the last path of every ordinal that was ever seen. */
  readonly images: ReadonlyMap<number, ScannedImage>;
  /** The ordinals of the last scan. */
  readonly live: ReadonlySet<number>;
  readonly decisions: readonly ModelDecision[];
}

export const EMPTY: Model = { images: new Map(), live: new Set(), decisions: [] };

/**
 * The model after a scan that found these images.
 * @param pictureOf what content shows
 * @param archived ordinals of the images that are in an archive
 */
export const afterScan = (
  model: Model,
  scanned: readonly ScannedImage[],
  pictureOf: (content: string) => string,
  archived: ReadonlySet<number>,
): Model => {
  const live = new Set(scanned.map(({ ordinal }) => ordinal));
  const appeared = scanned.filter(({ ordinal }) => !model.live.has(ordinal));
  const replacements = new Map<number, number>();
  const decided = ascending(new Set(model.decisions.flatMap(({ members }) => members)));
  const left = decided.flatMap((ordinal) => {
    const before = model.images.get(ordinal);
    if (before === undefined || live.has(ordinal)) return [];
    const shown = pictureOf(before.content);
    const after = appeared.find(({ path, content }) => path === before.path && pictureOf(content) === shown);
    if (after === undefined || (model.images.has(after.ordinal) && after.ordinal > ordinal)) return [before];
    replacements.set(ordinal, after.ordinal);
    return [];
  });
  const inPlace = new Set(replacements.values());
  const missing = left.filter(({ ordinal }) => model.live.has(ordinal) && !archived.has(ordinal));
  const added = appeared.filter(({ ordinal }) => !model.images.has(ordinal) && !inPlace.has(ordinal));
  const byPicture = groupBy(added, ({ content }) => pictureOf(content));
  for (const [shown, images] of groupBy(missing, ({ content }) => pictureOf(content)))
    for (const [before, after] of successorsOf(images, byPicture.get(shown) ?? [])) replacements.set(before, after);
  const replacementOf = (ordinal: number): number => replacements.get(ordinal) ?? ordinal;
  const replaced = (ordinals: readonly number[], members: readonly number[]): number[] =>
    ascending(
      new Set(
        ordinals.map((ordinal) => {
          const replacement = replacementOf(ordinal);
          return members.includes(replacement) ? ordinal : replacement;
        }),
      ),
    );
  return {
    images: new Map([...model.images, ...scanned.map((image) => [image.ordinal, image] as const)]),
    live,
    decisions: model.decisions.map((decision) => ({
      ...decision,
      members: replaced(decision.members, decision.members),
      keep: replaced(decision.keep, decision.members),
    })),
  };
};

/** What is wrong with the images of a scan. @param files the content of each file in the folder, by its path */
export const imageFaults = (
  model: Model,
  scanned: readonly ScannedImage[],
  files: ReadonlyMap<string, string>,
): string[] => {
  const faults: string[] = [];
  const live = new Set(scanned.map(({ ordinal }) => ordinal));
  const listed = new Map(scanned.map(({ path, content }) => [path, content]));
  for (const [path, content] of files)
    if (listed.get(path) !== content) faults.push(`${path} is ${content}, and is listed as ${listed.get(path)}`);
  for (const { path } of scanned) if (!files.has(path)) faults.push(`${path} is listed, and is not there`);
  for (const { ordinal, path, content } of scanned) {
    const before = model.images.get(ordinal);
    if (before !== undefined && before.content !== content)
      faults.push(`image ${ordinal} (${path}) had other content as ${before.path}`);
    if (before !== undefined) continue;
    const unused = [...model.images.values()].find((image) => image.content === content && !live.has(image.ordinal));
    if (unused !== undefined)
      faults.push(`${path} is the new image ${ordinal}, and not image ${unused.ordinal}, which had its content`);
  }
  return faults;
};

/** What is wrong with the groups of a scan. */
export const groupFaults = ({ decisions }: Model, groups: readonly ScannedGroup[]): string[] => {
  const faults: string[] = [];
  for (const { members, isDecided, isReopened } of groups) {
    const shared = decisions.map((decision) => ({
      verdict: decision.verdict,
      count: members.filter((ordinal) => decision.members.includes(ordinal)).length,
    }));
    const mustBeDecided = shared.some(({ count }) => count === members.length);
    const mustBeReopened = !mustBeDecided && shared.some(({ count }) => count > 1);
    const name = `the group of ${members.join(", ")}`;
    if (isDecided !== mustBeDecided) faults.push(`${name} is ${isDecided ? "" : "not "}decided`);
    if (isReopened !== mustBeReopened) faults.push(`${name} is ${isReopened ? "" : "not "}reopened`);
    if (shared.some(({ verdict, count }) => verdict === "not-duplicates" && count > 1))
      faults.push(`${name} has images that are no duplicates`);
  }
  return faults;
};

/** What is wrong with the decisions that are effective. */
export const decisionFaults = ({ decisions }: Model, effective: readonly ModelDecision[]): string[] => {
  const names = (of: readonly ModelDecision[]): string[] => of.map(nameOf).sort();
  const [expected, found] = [names(decisions), names(effective)];
  return expected.join("; ") === found.join("; ")
    ? []
    : [`effective are ${found.join("; ") || "none"}, and should be ${expected.join("; ") || "none"}`];
};

const nameOf = ({ verdict, members, keep }: ModelDecision): string =>
  `${verdict} ${keep.join(",")} of ${members.join(",")}`;

/** The model after a restore: no decision lets one of the restored images go. */
export const afterRestore = (model: Model, restored: ReadonlySet<number>): Model => ({
  ...model,
  decisions: model.decisions.filter(({ members, keep }) =>
    members.every((ordinal) => keep.includes(ordinal) || !restored.has(ordinal)),
  ),
});

/** Whether a decision lets an image go, and none keeps it. */
export const mayGo = ({ decisions }: Model, ordinal: number): boolean => {
  const keeping = decisions.filter(({ verdict }) => verdict === "keep");
  return (
    keeping.some(({ members }) => members.includes(ordinal)) && !keeping.some(({ keep }) => keep.includes(ordinal))
  );
};

/**
 * The contents that were somewhere and are no longer there as often.
 * @param before how many files have each content
 * @param deleted the contents of files that were deleted for good, one for each file
 */
export const lostContents = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  deleted: readonly string[],
): string[] =>
  [...before].flatMap(([content, count]) => {
    const expected = count - deleted.filter((other) => other === content).length;
    return (after.get(content) ?? 0) < expected ? [content] : [];
  });

const ascending = (ordinals: Iterable<number>): number[] => [...ordinals].sort((a, b) => a - b);
