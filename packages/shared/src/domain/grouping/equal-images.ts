import { at, NONE } from "../primitives/columns.ts";
import { decodeEdges, EdgeList, encodeEdges } from "./edges.ts";
import type { ImageClasses } from "./image-classes.ts";

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
