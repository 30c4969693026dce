import { corroborates, SIGNATURE_BYTES } from "../image/signature.ts";
import { at, byteAt, NONE } from "../primitives/columns.ts";
import { decodeEdges, EdgeList, type Edges, encodeEdges } from "./edges.ts";
import { countOf, type ImageClasses, membersOf } from "./image-classes.ts";

/**
 * Edges between classes that have live members, within the threshold, from the stored results: an edge between two
 * images is one between all classes of their two hashes whose signatures agree.
 */
export const classEdges = async (
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  classes: ImageClasses,
  thresholdBits: number,
): Promise<Edges> => {
  const { ofOrdinal, hashOf, firstOf, nextOf, signatures, isSigned } = classes;
  const isLive = (number: number): boolean => countOf(classes, number) > 0;
  const agree = (x: number, y: number): boolean =>
    isSigned[x] === 0 ||
    isSigned[y] === 0 ||
    corroborates(signatures, x * SIGNATURE_BYTES, signatures, y * SIGNATURE_BYTES);
  const ofClasses = new EdgeList();
  for await (const { edges } of results) {
    const { a, b, distance } = decodeEdges(edges);
    for (let edge = 0; edge < a.length; edge += 1) {
      const left = at(ofOrdinal, at(a, edge));
      const right = at(ofOrdinal, at(b, edge));
      const bits = byteAt(distance, edge);
      if (bits > thresholdBits || left === NONE || right === NONE || at(hashOf, left) === at(hashOf, right)) continue;
      for (let x = at(firstOf, at(hashOf, left)); x !== NONE; x = at(nextOf, x))
        for (let y = at(firstOf, at(hashOf, right)); y !== NONE; y = at(nextOf, y))
          if (isLive(x) && isLive(y) && agree(x, y)) ofClasses.add(x, y, bits);
    }
  }
  return ofClasses.edges;
};

/** The pairs of equal hashes whose signatures agree: each image of a class with its first one. Flat images have none, since only equal bytes make a class of them. */
export const equalPairs = (classes: ImageClasses): { readonly a: number; readonly b: number }[] => {
  const pairs: { a: number; b: number }[] = [];
  for (let number = 0; number < classes.count; number += 1) {
    const [first, ...others] = membersOf(classes, number);
    if (first !== undefined && at(classes.hashOf, number) !== NONE)
      for (const other of others) pairs.push({ a: first, b: other });
  }
  return pairs;
};

/**
 * Which images have equal hashes, as encoded edges of distance 0: each image with the first one of its hash. No
 * comparison finds these pairs, since equal hashes are compared as one.
 * @param earlier the edges to images below `firstNewOrdinal`; null = there are none
 */
export const equalImages = (
  { ofOrdinal, hashOf, hashes, hashBytes }: Pick<ImageClasses, "ofOrdinal" | "hashOf" | "hashes" | "hashBytes">,
  earlier: Uint8Array | null,
  firstNewOrdinal: number,
): Uint8Array => {
  const firstOf = new Int32Array(hashes.length / hashBytes).fill(NONE);
  const pairs = new EdgeList();
  if (earlier !== null) pairs.addAll(decodeEdges(earlier));
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = at(ofOrdinal, ordinal);
    const hash = number === NONE ? NONE : at(hashOf, number);
    if (hash === NONE) continue;
    const first = at(firstOf, hash);
    if (first === NONE) firstOf[hash] = ordinal;
    else if (ordinal >= firstNewOrdinal) pairs.add(first, ordinal, 0);
  }
  return encodeEdges(pairs.edges);
};
