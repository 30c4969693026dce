import { at, NONE } from "../primitives/columns.ts";
import type { Edges } from "./edges.ts";
import { type ImageClasses, membersOf } from "./image-classes.ts";
import { isEqualKind, type Relation } from "./relation.ts";
import type { VerifiedPair } from "./verified-pairs.ts";

/**
 * The relations of images that are grouped: what was found about each pair, and `unverified` where hashes are alike and no pair of their classes was looked at, as
 * where a source provided the hashes. A pair that is not the same is `similar`: that joins nothing, and says that no copy between may. A pair over the
 * limit is no relation.
 * @param pairs of live images that are grouped
 * @param edges between classes, within the threshold
 */
export const relationsOf = (classes: ImageClasses, edges: Edges, pairs: readonly VerifiedPair[]): Relation[] => {
  const relations: Relation[] = [];
  const keyOf = (x: number, y: number): number => Math.min(x, y) * classes.count + Math.max(x, y);
  const found = new Set<number>();
  const foundInClass = new Set<number>();
  for (const pair of pairs) {
    const [x, y] = [at(classes.ofOrdinal, pair.a), at(classes.ofOrdinal, pair.b)];
    if (x !== y) found.add(keyOf(x, y));
    else for (const ordinal of [pair.a, pair.b]) foundInClass.add(ordinal);
    if (pair.kind !== "over-limit") relations.push(relationOf(pair));
  }
  edges.a.forEach((x, edge) => {
    const y = at(edges.b, edge);
    if (!found.has(keyOf(x, y))) relations.push(unverified(at(membersOf(classes, x), 0), at(membersOf(classes, y), 0)));
  });
  for (let number = 0; number < classes.count; number += 1) {
    // Flat images of one class have equal bytes: that is no matter of hashes.
    if (at(classes.hashOf, number) === NONE) continue;
    const [first, ...others] = membersOf(classes, number);
    if (first !== undefined)
      for (const other of others) if (!foundInClass.has(other)) relations.push(unverified(first, other));
  }
  return relations;
};

const relationOf = ({ a, b, kind, facts }: VerifiedPair): Relation => ({
  a,
  b,
  kind: kind === null || kind === "over-limit" ? "similar" : kind,
  probability: facts === null ? Number(kind !== null && kind !== "over-limit" && isEqualKind(kind)) : facts.probability,
  source: facts === null ? null : facts.source,
});

const unverified = (a: number, b: number): Relation => ({ a, b, kind: "unverified", probability: 0, source: null });

/** The images that relations are about, and those that no hash can distinguish from another one. */
export const relatedImages = (classes: ImageClasses, relations: readonly Relation[]): Set<number> => {
  const ordinals = new Set(relations.flatMap(({ a, b }) => [a, b]));
  for (let number = 0; number < classes.count; number += 1) {
    const members = membersOf(classes, number);
    if (members.length > 1) for (const ordinal of members) ordinals.add(ordinal);
  }
  return ordinals;
};
