import type { FoundPairs } from "../pairs.ts";

/** What a finder reports of a corpus. */
export interface Answer {
  /** Of CPU, from files to its pairs or groups. */
  readonly cpuSeconds: number;
  readonly version: string;
  /** Every pair up to the largest limit; null where it only has groups. */
  readonly pairs: FoundPairs | null;
  /** Its own groups by setting, as indices of files, those of the default first; null where it has pairs only. */
  readonly groups: Readonly<Record<string, readonly (readonly number[])[]>> | null;
  /** What a rule accepts without a person: the copies that go, each with the file that stays. Left out by finders without rules. */
  readonly accepted?: readonly AcceptedPair[];
}

export interface AcceptedPair {
  readonly keeper: number;
  readonly removed: number;
  readonly kind: string;
}

/** A duplicate finder. */
export interface Contender {
  readonly name: string;
  /** Its default distance limit; null where it has groups only. */
  readonly standard: number | null;
  /** The largest limit that is looked at. */
  readonly largest: number;
  /**
   * @param pictures folder of the corpus's pictures
   * @param names of the files in it, whose order numbers them
   * @throws where it is not installed, with what is missing
   */
  readonly run: (pictures: string, names: readonly string[]) => Promise<Answer>;
}

/** Paths or names as indices of the corpus's files. @throws of a file that is not in the corpus */
export const indexer = (names: readonly string[]): ((path: string) => number) => {
  const indices = new Map(names.map((name, index) => [name, index]));
  return (path) => {
    const index = indices.get(path.split("/").at(-1) ?? "");
    if (index === undefined) throw new Error(`${path} is not in the corpus`);
    return index;
  };
};
