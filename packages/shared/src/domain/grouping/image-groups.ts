import { hammingDistance } from "../image/hamming.ts";
import { at } from "../primitives/columns.ts";
import type { GraphGrouping } from "./grouping.ts";
import { countOf, hashOfImage, type ImageClasses, membersOf } from "./image-classes.ts";

/**
 * Groups of classes as groups of live images, each ascending. A class of several equal images that is in no group of
 * classes is a group by itself; with `pairs`, each equal image makes a pair with the first one.
 * @param ofClasses groups of classes that have live members
 */
export const imageGroups = (
  classes: ImageClasses,
  ofClasses: readonly number[][],
  grouping: GraphGrouping,
): number[][] => {
  const groups = grouping === "pairs" ? pairsOfImages(classes, ofClasses) : unions(classes, ofClasses);
  for (const group of groups) group.sort((a, b) => a - b);
  return groups;
};

const pairsOfImages = (classes: ImageClasses, pairsOfClasses: readonly number[][]): number[][] => {
  const first = (number: number): number => at(membersOf(classes, number), 0);
  const pairs = pairsOfClasses.map((pair) => pair.map(first));
  for (const number of classesOfSeveral(classes))
    for (const other of membersOf(classes, number).subarray(1)) pairs.push([first(number), other]);
  return pairs;
};

const unions = (classes: ImageClasses, ofClasses: readonly number[][]): number[][] => {
  const groups = ofClasses.map((group) => group.flatMap((number) => [...membersOf(classes, number)]));
  const isGrouped = new Uint8Array(classes.count);
  for (const group of ofClasses) for (const number of group) isGrouped[number] = 1;
  for (const number of classesOfSeveral(classes))
    if (isGrouped[number] === 0) groups.push([...membersOf(classes, number)]);
  return groups;
};

function* classesOfSeveral(classes: ImageClasses): Generator<number> {
  for (let number = 0; number < classes.count; number += 1) if (countOf(classes, number) > 1) yield number;
}

/** Hamming distance of two images in bits; null where one is flat. */
export const imageDistance = (classes: ImageClasses, a: number, b: number): number | null => {
  const x = hashOfImage(classes, a);
  const y = hashOfImage(classes, b);
  return x === null || y === null ? null : hammingDistance(x, y);
};
