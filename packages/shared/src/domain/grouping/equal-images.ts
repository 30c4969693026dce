import { concatEdges, decodeEdges, encodeEdges, NO_EDGES } from "./edges.ts";
import type { ImageClasses } from "./image-classes.ts";

const NONE = -1;

/**
 * Which images have equal hashes, as encoded edges of distance 0: each image with the first one of its hash. No
 * comparison tells of them, since equal hashes are compared as one.
 * @param earlier those below `from`; null = there are none
 */
export const equalImages = (
  { ofOrdinal, hashOf, hashes, hashBytes }: Pick<ImageClasses, "ofOrdinal" | "hashOf" | "hashes" | "hashBytes">,
  earlier: Uint8Array | null,
  from: number,
): Uint8Array => {
  const firstOf = new Int32Array(hashes.length / Math.max(1, hashBytes)).fill(NONE);
  const a: number[] = [];
  const b: number[] = [];
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = ofOrdinal[ordinal] ?? NONE;
    const hash = number === NONE ? NONE : (hashOf[number] ?? NONE);
    if (hash === NONE) continue;
    const first = firstOf[hash] ?? NONE;
    if (first === NONE) firstOf[hash] = ordinal;
    else if (ordinal >= from) {
      a.push(first);
      b.push(ordinal);
    }
  }
  const known = earlier === null ? NO_EDGES : decodeEdges(earlier);
  const came = { a: Uint32Array.from(a), b: Uint32Array.from(b), distance: new Uint8Array(a.length) };
  return encodeEdges(concatEdges([known, came]));
};
