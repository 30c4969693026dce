import { EDITS } from "./edits/edits.ts";
import type { PairTruth } from "./pairs.ts";

export interface GroupScore {
  readonly groups: number;
  /** Groups with two files that have no original in common. */
  readonly wrongGroups: number;
  readonly families: number;
  /** Families whose original and edits are all in one group, of the edits that have a goal. */
  readonly whole: number;
  readonly precision: number;
  readonly recall: number;
  /** Of the pairs that are in one group. */
  readonly f1: number;
}

const CORE = new Set(EDITS.filter(({ goal }) => goal !== null).map(({ name }) => name));

const pairsOf = (count: number): number => (count * (count - 1)) / 2;

/**
 * How well groups agree with families. Pictures of two or more originals, as collages, belong to no single family and are left
 * out; a file in several groups counts in each.
 */
export const scoreGroups = (truth: PairTruth, groups: readonly (readonly number[])[]): GroupScore => {
  const sizes = new Map<string, number>();
  const coreSizes = new Map<string, number>();
  for (const file of truth.files) {
    const [family = "", ...others] = file.families;
    if (others.length > 0) continue;
    sizes.set(family, (sizes.get(family) ?? 0) + 1);
    if (file.class === "original" || CORE.has(file.edit ?? "")) coreSizes.set(family, (coreSizes.get(family) ?? 0) + 1);
  }
  let [right, reported, wrongGroups] = [0, 0, 0];
  const whole = new Set<string>();
  for (const group of groups) {
    const members = group.map((index) => truth.file(index)).filter(({ families }) => families.length === 1);
    const inGroup = new Map<string, number>();
    const coreInGroup = new Map<string, number>();
    for (const { families, class: name, edit } of members) {
      const [family = ""] = families;
      inGroup.set(family, (inGroup.get(family) ?? 0) + 1);
      if (name === "original" || CORE.has(edit ?? "")) coreInGroup.set(family, (coreInGroup.get(family) ?? 0) + 1);
    }
    if (inGroup.size > 1) wrongGroups += 1;
    reported += pairsOf(members.length);
    for (const count of inGroup.values()) right += pairsOf(count);
    for (const [family, count] of coreInGroup) if (count > 1 && count === coreSizes.get(family)) whole.add(family);
  }
  const expected = [...sizes.values()].reduce((sum, size) => sum + pairsOf(size), 0);
  const precision = reported === 0 ? 1 : right / reported;
  const recall = expected === 0 ? 1 : right / expected;
  return {
    groups: groups.length,
    wrongGroups,
    families: [...sizes.values()].filter((size) => size > 1).length,
    whole: whole.size,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
};

/** Groups of files that a chain of pairs joins: how pairs become groups where a finder has no groups of its own. */
export const chained = (files: number, a: Uint32Array, b: Uint32Array): number[][] => {
  const parents = Uint32Array.from({ length: files }, (_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parents[root] !== root) root = parents[root] ?? root;
    parents[index] = root;
    return root;
  };
  for (const [pair, first] of a.entries()) {
    const second = b[pair];
    if (second !== undefined) parents[rootOf(first)] = rootOf(second);
  }
  const groups = new Map<number, number[]>();
  for (let index = 0; index < files; index += 1) {
    const root = rootOf(index);
    groups.set(root, [...(groups.get(root) ?? []), index]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
};
