import type { PairKind } from "../image/pair-kind.ts";
import type { Member } from "./keeper.ts";
import { compareKinds, type Relation } from "./relation.ts";

/** What is known between two sets of equal images. */
export interface Link {
  readonly kind: PairKind;
  readonly probability: number;
  /** The set that the other was made from; null = the pictures do not say so. */
  readonly source: number | null;
  /** The two images that were looked at. */
  readonly of: Pick<Relation, "a" | "b">;
}

/** The links of each set to others, by their numbers. */
export type Links = readonly ReadonlyMap<number, Link>[];

/** The relations of images as links between their sets. Of several between two sets the nearest kind counts, and of equal ones the most probable. */
export const linksBetween = (sets: readonly (readonly Member[])[], relations: readonly Relation[]): Links => {
  const setOf = new Map(sets.flatMap((members, number) => members.map(({ ordinal }) => [ordinal, number] as const)));
  const links: Map<number, Link>[] = sets.map(() => new Map());
  for (const { a, b, kind, probability, source } of relations) {
    const [x, y] = [setOf.get(a), setOf.get(b)];
    if (x === undefined || y === undefined || x === y) continue;
    const of = { a: Math.min(a, b), b: Math.max(a, b) };
    const link: Link = { kind, probability, source: source === null ? null : source === "a" ? x : y, of };
    const known = links[x]?.get(y);
    if (known !== undefined && (compareLinks(known, link) || known.of.a - of.a || known.of.b - of.b) <= 0) continue;
    links[x]?.set(y, link);
    links[y]?.set(x, link);
  }
  return links;
};

/** The stronger link first. */
export const compareLinks = (a: Link, b: Link): number =>
  compareKinds(a.kind, b.kind) ||
  b.probability - a.probability ||
  (a.source ?? Number.POSITIVE_INFINITY) - (b.source ?? Number.POSITIVE_INFINITY) ||
  0;
