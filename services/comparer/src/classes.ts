import { toHex } from "@lookalike/shared/domain/bytes";
import { decodeEdges, type Edges } from "@lookalike/shared/domain/edges";
import { contentDigestAt, type HashBlock, STATE } from "@lookalike/shared/domain/hash-block";

/** Images that cannot be told apart by what is compared: they are grouped as one node. */
export interface ImageClasses {
  /** Live members of each class, ascending. */
  readonly members: number[][];
  /** The hash that each class shares; null for flat images with equal bytes. */
  readonly hashes: (Uint8Array | null)[];
  /** Class of each ordinal; absent for failed images. */
  readonly ofOrdinal: ReadonlyMap<number, number>;
  readonly flatImages: number;
}

/**
 * Equal hashes become one class. Flat images are set apart: among them only equal bytes make a
 * class. A vanished image still gives its class its hash, because edges may name its ordinal.
 */
export const collapse = async (
  blocks: AsyncIterable<HashBlock>,
  blockSize: number,
  isLive: (ordinal: number) => boolean,
): Promise<ImageClasses> => {
  const members: number[][] = [];
  const hashes: (Uint8Array | null)[] = [];
  const ofOrdinal = new Map<number, number>();
  const classOf = new Map<string, number>();
  let flatImages = 0;
  for await (const block of blocks) {
    const hashBytes = block.states.length === 0 ? 0 : block.hashes.length / block.states.length;
    block.states.forEach((state, position) => {
      const ordinal = block.block * blockSize + position;
      const flat = state === STATE.flat;
      if (flat && isLive(ordinal)) flatImages += 1;
      const hash = block.hashes.slice(position * hashBytes, (position + 1) * hashBytes);
      const digest = contentDigestAt(block, position);
      const key = state === STATE.hashed ? toHex(hash) : flat && digest !== null ? `flat:${toHex(digest)}` : null;
      if (key === null) return;
      let number = classOf.get(key);
      if (number === undefined) {
        number = members.length;
        classOf.set(key, number);
        members.push([]);
        hashes.push(flat ? null : hash);
      }
      ofOrdinal.set(ordinal, number);
      if (isLive(ordinal)) members[number]?.push(ordinal);
    });
  }
  return { members, hashes, ofOrdinal, flatImages };
};

/** Edges between classes with live members, within the threshold, out of the stored results. */
export const classEdges = async (
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  { ofOrdinal, members }: ImageClasses,
  thresholdBits: number,
): Promise<Edges> => {
  const a: number[] = [];
  const b: number[] = [];
  const distance: number[] = [];
  for await (const result of results) {
    const edges = decodeEdges(result.edges);
    edges.distance.forEach((bits, at) => {
      if (bits > thresholdBits) return;
      const left = ofOrdinal.get(edges.a[at] ?? -1);
      const right = ofOrdinal.get(edges.b[at] ?? -1);
      if (left === undefined || right === undefined || left === right) return;
      if (members[left]?.length === 0 || members[right]?.length === 0) return;
      a.push(left);
      b.push(right);
      distance.push(bits);
    });
  }
  return { a: Uint32Array.from(a), b: Uint32Array.from(b), distance: Uint8Array.from(distance) };
};
