import { at, byteAt, NONE } from "../primitives/columns.ts";
import { EdgeList, type Edges } from "./edges.ts";
import type { ImageClasses } from "./image-classes.ts";
import type { FoundKind } from "./verified-pairs.ts";

/** What verification says of two images, by their ordinals a < b. */
export interface PairOfKind {
  readonly a: number;
  readonly b: number;
  readonly kind: FoundKind;
}

/** Whether a pair may not be grouped: both do not show the same, or nobody looked because their pictures have many others. */
const isRefusedKind = (kind: FoundKind): boolean => kind === null || kind === "over-limit";

/** Edges between classes, without those of which every pair that was looked at is refused. */
export const withoutRefused = (edges: Edges, classes: ImageClasses, pairs: readonly PairOfKind[]): Edges => {
  if (pairs.length === 0) return edges;
  const keyOf = (x: number, y: number): number => Math.min(x, y) * classes.count + Math.max(x, y);
  /** By classes: whether all pairs so far are refused. */
  const isRefused = new Map<number, boolean>();
  for (const { a, b, kind } of pairs) {
    const [x, y] = [at(classes.ofOrdinal, a), at(classes.ofOrdinal, b)];
    if (x !== NONE && y !== NONE)
      isRefused.set(keyOf(x, y), isRefusedKind(kind) && (isRefused.get(keyOf(x, y)) ?? true));
  }
  const left = new EdgeList();
  edges.a.forEach((x, edge) => {
    const y = at(edges.b, edge);
    if (isRefused.get(keyOf(x, y)) !== true) left.add(x, y, byteAt(edges.distance, edge));
  });
  return left.edges;
};

/** What verification says about the images of one class, which their hashes do not tell from each other. */
export interface ClassVerdicts {
  /** For each image those of its class that do not show the same. */
  readonly refused: ReadonlyMap<number, ReadonlySet<number>>;
  /** Whether somebody has looked at two images of a class, and they show the same. */
  readonly isBelieved: (a: number, b: number) => boolean;
}

export const classVerdicts = (classes: ImageClasses, pairs: readonly PairOfKind[]): ClassVerdicts => {
  const extent = classes.ofOrdinal.length;
  const refused = new Map<number, Set<number>>();
  const believed = new Set<number>();
  const refuse = (a: number, b: number): void => void refused.set(a, (refused.get(a) ?? new Set()).add(b));
  for (const { a, b, kind } of pairs) {
    const number = at(classes.ofOrdinal, a);
    if (number === NONE || number !== at(classes.ofOrdinal, b) || kind === "unverified") continue;
    if (isRefusedKind(kind)) {
      refuse(a, b);
      refuse(b, a);
    } else believed.add(a * extent + b);
  }
  return { refused, isBelieved: (a, b) => believed.has(Math.min(a, b) * extent + Math.max(a, b)) };
};
