import { toHex } from "@lookalike/shared/domain/bytes";
import { decodeEdges, type Edges } from "@lookalike/shared/domain/edges";
import { contentDigestAt, type HashBlock, STATE } from "@lookalike/shared/domain/hash-block";

/** What is read of a block to group its images. */
export type StoredHashes = Pick<HashBlock, "block" | "states" | "hashes" | "contentDigests">;

/**
 * Images that cannot be told apart by what is compared: they are grouped as one node. In columns,
 * since there may be ten million.
 */
export interface ImageClasses {
  readonly count: number;
  /** Class of each ordinal; {@link NO_CLASS} for failed images. */
  readonly ofOrdinal: Int32Array;
  /** Live members of class c, ascending: `members[offsets[c]] … members[offsets[c + 1] - 1]`. */
  readonly offsets: Uint32Array;
  readonly members: Uint32Array;
  /** The hash that class c shares, at `c * hashBytes`; of a flat class nothing. */
  readonly hashes: Uint8Array;
  readonly hashBytes: number;
  readonly flatImages: number;
}

const NO_CLASS = -1;

/**
 * Equal hashes become one class. Flat images are set apart: among them only equal bytes make a
 * class. A vanished image still gives its class its hash, because edges may name its ordinal.
 * @param extent one past the highest ordinal
 */
export const collapse = async (
  blocks: AsyncIterable<StoredHashes>,
  { blockSize, extent, hashBytes }: { blockSize: number; extent: number; hashBytes: number },
  isLive: (ordinal: number) => boolean,
): Promise<ImageClasses> => {
  const ofOrdinal = new Int32Array(extent).fill(NO_CLASS);
  const known = new HashTable(extent, hashBytes);
  const flatClasses = new Map<string, number>();
  let flatImages = 0;
  for await (const block of blocks) {
    block.states.forEach((state, position) => {
      const ordinal = block.block * blockSize + position;
      if (state === STATE.hashed) ofOrdinal[ordinal] = known.classOf(block.hashes, position * hashBytes);
      if (state !== STATE.flat) return;
      if (isLive(ordinal)) flatImages += 1;
      const digest = contentDigestAt(block, position);
      if (digest === null) return;
      const key = toHex(digest);
      const flatClass = flatClasses.get(key) ?? known.addNone();
      flatClasses.set(key, flatClass);
      ofOrdinal[ordinal] = flatClass;
    });
  }
  const count = known.count;
  const offsets = new Uint32Array(count + 1);
  const live = (ordinal: number): number => (isLive(ordinal) ? at(ofOrdinal, ordinal) : NO_CLASS);
  for (let ordinal = 0; ordinal < extent; ordinal += 1) {
    const number = live(ordinal);
    if (number !== NO_CLASS) offsets[number + 1] = at(offsets, number + 1) + 1;
  }
  for (let number = 0; number < count; number += 1) offsets[number + 1] = at(offsets, number + 1) + at(offsets, number);
  const members = new Uint32Array(at(offsets, count));
  const next = offsets.slice();
  for (let ordinal = 0; ordinal < extent; ordinal += 1) {
    const number = live(ordinal);
    if (number === NO_CLASS) continue;
    members[at(next, number)] = ordinal;
    next[number] = at(next, number) + 1;
  }
  return { count, ofOrdinal, offsets, members, hashes: known.hashes, hashBytes, flatImages };
};

/** Classes by their hash: open addressing over one array of hashes. */
class HashTable {
  readonly hashes: Uint8Array;
  count = 0;
  readonly #hashBytes: number;
  readonly #slots: Int32Array;

  constructor(most: number, hashBytes: number) {
    this.hashes = new Uint8Array(most * hashBytes);
    this.#hashBytes = hashBytes;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(most * 1.5 + 1)));
  }

  /** A class that no hash leads to. */
  addNone(): number {
    this.count += 1;
    return this.count - 1;
  }

  /** The class of the hash at `from` in `bytes`, a new one for a new hash. */
  classOf(bytes: Uint8Array, from: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hashOf(bytes, from) & mask; ; slot = (slot + 1) & mask) {
      const known = at(this.#slots, slot) - 1;
      if (known < 0) {
        const added = this.addNone();
        this.hashes.set(bytes.subarray(from, from + this.#hashBytes), added * this.#hashBytes);
        this.#slots[slot] = added + 1;
        return added;
      }
      if (this.#isEqual(known, bytes, from)) return known;
    }
  }

  /** FNV-1a, mixed once more: similar hashes must not follow each other in the table. */
  #hashOf(bytes: Uint8Array, from: number): number {
    let hash = 0x811c9dc5;
    for (let at = from; at < from + this.#hashBytes; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #isEqual(number: number, bytes: Uint8Array, from: number): boolean {
    const start = number * this.#hashBytes;
    for (let at = 0; at < this.#hashBytes; at += 1) if (this.hashes[start + at] !== bytes[from + at]) return false;
    return true;
  }
}

/** Edges between classes with live members, within the threshold, out of the stored results. */
export const classEdges = async (
  results: AsyncIterable<{ readonly edges: Uint8Array; readonly edgeCount: number }>,
  { ofOrdinal, offsets }: ImageClasses,
  thresholdBits: number,
): Promise<Edges> => {
  const isEmpty = (number: number): boolean => at(offsets, number) === at(offsets, number + 1);
  let kept = { a: new Uint32Array(1_024), b: new Uint32Array(1_024), distance: new Uint8Array(1_024) };
  let count = 0;
  for await (const result of results) {
    if (count + result.edgeCount > kept.a.length) kept = grown(kept, count + result.edgeCount);
    const edges = decodeEdges(result.edges);
    edges.distance.forEach((bits, edge) => {
      const left = at(ofOrdinal, at(edges.a, edge));
      const right = at(ofOrdinal, at(edges.b, edge));
      if (bits > thresholdBits || left === right || left < 0 || right < 0 || isEmpty(left) || isEmpty(right)) return;
      kept.a[count] = left;
      kept.b[count] = right;
      kept.distance[count] = bits;
      count += 1;
    });
  }
  return { a: kept.a.subarray(0, count), b: kept.b.subarray(0, count), distance: kept.distance.subarray(0, count) };
};

/** The same edges with room for `least`, and for half as many more. */
const grown = (edges: Edges, least: number) => {
  const room = Math.ceil(least * 1.5);
  const larger = { a: new Uint32Array(room), b: new Uint32Array(room), distance: new Uint8Array(room) };
  larger.a.set(edges.a);
  larger.b.set(edges.b);
  larger.distance.set(edges.distance);
  return larger;
};

/** Live members of a class, ascending. */
export const membersOf = ({ offsets, members }: ImageClasses, number: number): Uint32Array =>
  members.subarray(at(offsets, number), at(offsets, number + 1));

/** The hash of an image, null when it is flat: a hash of zeros only would be flat, too. */
export const hashOfImage = ({ ofOrdinal, hashes, hashBytes }: ImageClasses, ordinal: number): Uint8Array | null => {
  const number = at(ofOrdinal, ordinal);
  const hash = hashes.subarray(number * hashBytes, (number + 1) * hashBytes);
  return hash.some((byte) => byte !== 0) ? hash : null;
};

const at = (column: Uint32Array | Int32Array, index: number): number => column[index] ?? 0;
