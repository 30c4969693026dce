import { contentDigestAt, type HashBlock, STATE, signatureAt } from "../image/hash-block.ts";
import { corroborates, SIGNATURE_BYTES } from "../image/signature.ts";
import { at } from "../primitives/columns.ts";
import { toHex } from "../primitives/encoding.ts";
import { decodeEdges, type Edges } from "./edges.ts";

/** What is read of a block to group its images. */
export type StoredHashes = Pick<HashBlock, "block" | "states" | "hashes" | "signatures" | "contentDigests">;

/**
 * Images that cannot be told apart by what is compared: they are grouped as one node. In columns,
 * since there may be ten million.
 */
export interface ImageClasses {
  readonly count: number;
  /** Class of each ordinal; {@link NONE} for failed images. */
  readonly ofOrdinal: Int32Array;
  /** Live members of class c, ascending: `members[offsets[c]] … members[offsets[c + 1] - 1]`. */
  readonly offsets: Uint32Array;
  readonly members: Uint32Array;
  /** Number of the hash that class c shares; {@link NONE} for a flat class. */
  readonly hashOf: Int32Array;
  /** The first class of each hash, and the next class with the same hash; {@link NONE} ends it. */
  readonly firstOf: Int32Array;
  readonly nextOf: Int32Array;
  /** The hash of number h, at `h * hashBytes`. */
  readonly hashes: Uint8Array;
  readonly hashBytes: number;
  /** The signature of class c's first image, at `c * SIGNATURE_BYTES`. */
  readonly signatures: Uint8Array;
  readonly isSigned: Uint8Array;
  /** Flat images, live or not, ascending. */
  readonly flats: readonly number[];
}

const NONE = -1;

interface Shape {
  readonly blockSize: number;
  /** One past the highest ordinal. */
  readonly extent: number;
  /** At most so many images are wanted. */
  readonly images: number;
  readonly hashBytes: number;
}

interface Which {
  /** Images that are to be grouped; the others are in no class. */
  readonly isWanted: (ordinal: number) => boolean;
  /** Images that may be members of a group. */
  readonly isLive: (ordinal: number) => boolean;
}

/** Every image, and all of them live. */
export const ALL: Which = { isWanted: () => true, isLive: () => true };

/**
 * Equal hashes become one class, those whose signatures differ a class each: one weak hash does not
 * decide alone. Flat images are set apart: among them only equal bytes make a class. A vanished
 * image still gives its class its hash, because edges may name its ordinal.
 */
export const collapse = async (
  blocks: AsyncIterable<StoredHashes>,
  { blockSize, extent, images, hashBytes }: Shape,
  { isWanted, isLive }: Which,
): Promise<ImageClasses> => {
  const ofOrdinal = new Int32Array(extent).fill(NONE);
  const table = new HashTable(images, hashBytes);
  const hashOf = new Int32Array(images).fill(NONE);
  const firstOf = new Int32Array(images).fill(NONE);
  const nextOf = new Int32Array(images).fill(NONE);
  const signatures = new Uint8Array(images * SIGNATURE_BYTES);
  const isSigned = new Uint8Array(images);
  const flatClasses = new Map<string, number>();
  const flats: number[] = [];
  let count = 0;

  /** The class of hash number `hash` that the signature agrees with, a new one where none does. */
  const classOf = (hash: number, signature: Uint8Array | null): number => {
    let last = NONE;
    for (let known = at(firstOf, hash); known !== NONE; known = at(nextOf, known)) {
      if (signature === null || isSigned[known] === 0) return known;
      if (corroborates(signatures, known * SIGNATURE_BYTES, signature, 0)) return known;
      last = known;
    }
    hashOf[count] = hash;
    if (last === NONE) firstOf[hash] = count;
    else nextOf[last] = count;
    if (signature !== null) {
      signatures.set(signature, count * SIGNATURE_BYTES);
      isSigned[count] = 1;
    }
    count += 1;
    return count - 1;
  };

  for await (const block of blocks) {
    const words = wordsOf(block.hashes);
    block.states.forEach((state, position) => {
      const ordinal = block.block * blockSize + position;
      if (!isWanted(ordinal)) return;
      if (state === STATE.hashed)
        ofOrdinal[ordinal] = classOf(table.numberOf(words, (position * hashBytes) / 4), signatureAt(block, position));
      if (state !== STATE.flat) return;
      flats.push(ordinal);
      const digest = contentDigestAt(block, position);
      if (digest === null) return;
      const key = toHex(digest);
      const known = flatClasses.get(key) ?? count++;
      flatClasses.set(key, known);
      ofOrdinal[ordinal] = known;
    });
  }
  return {
    count,
    ofOrdinal,
    ...membersByClass(count, ofOrdinal, isLive),
    hashOf,
    firstOf,
    nextOf,
    hashes: table.hashes,
    hashBytes,
    signatures,
    isSigned,
    flats,
  };
};

/** A counting sort of the live ordinals by their class. */
const membersByClass = (count: number, ofOrdinal: Int32Array, isLive: (ordinal: number) => boolean) => {
  const offsets = new Uint32Array(count + 1);
  const live = (ordinal: number): number => (isLive(ordinal) ? at(ofOrdinal, ordinal) : NONE);
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = live(ordinal);
    if (number !== NONE) offsets[number + 1] = at(offsets, number + 1) + 1;
  }
  for (let number = 0; number < count; number += 1) offsets[number + 1] = at(offsets, number + 1) + at(offsets, number);
  const members = new Uint32Array(at(offsets, count));
  const next = offsets.slice();
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = live(ordinal);
    if (number === NONE) continue;
    members[at(next, number)] = ordinal;
    next[number] = at(next, number) + 1;
  }
  return { offsets, members };
};

/** Distinct hashes, numbered as they come: open addressing over one array of them, in words. */
class HashTable {
  readonly #words: Int32Array;
  #count = 0;
  readonly #hashWords: number;
  readonly #slots: Int32Array;

  constructor(most: number, hashBytes: number) {
    this.#hashWords = hashBytes / 4;
    this.#words = new Int32Array(most * this.#hashWords);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(most * 1.5 + 1)));
  }

  /** The hash of number h, at `h * hashBytes`. */
  get hashes(): Uint8Array {
    return new Uint8Array(this.#words.buffer);
  }

  /** The number of the hash in `words` from `from` on. */
  numberOf(words: Int32Array, from: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#mix(words, from) & mask; ; slot = (slot + 1) & mask) {
      const known = at(this.#slots, slot) - 1;
      if (known < 0) {
        this.#words.set(words.subarray(from, from + this.#hashWords), this.#count * this.#hashWords);
        this.#count += 1;
        this.#slots[slot] = this.#count;
        return this.#count - 1;
      }
      if (this.#isEqual(known, words, from)) return known;
    }
  }

  /** FNV-1a by words, each mixed (the rounds of MurmurHash3): similar hashes must not follow each other in the table. */
  #mix(words: Int32Array, from: number): number {
    let hash = 0x811c9dc5;
    for (let word = from; word < from + this.#hashWords; word += 1) {
      hash = Math.imul(hash ^ at(words, word), 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    }
    return hash ^ (hash >>> 13);
  }

  #isEqual(number: number, words: Int32Array, from: number): boolean {
    const start = number * this.#hashWords;
    for (let word = 0; word < this.#hashWords; word += 1)
      if (this.#words[start + word] !== words[from + word]) return false;
    return true;
  }
}

/** Bytes as words, wherever they lie in their buffer. */
const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);

/**
 * Edges between classes, within the threshold, out of the stored results: an edge between two images
 * speaks for all classes of their two hashes whose signatures agree. Classes without live members
 * have theirs, too.
 */
export const classEdges = async (
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  { ofOrdinal, hashOf, firstOf, nextOf, signatures, isSigned }: ImageClasses,
  thresholdBits: number,
): Promise<Edges> => {
  const agree = (x: number, y: number): boolean =>
    isSigned[x] === 0 ||
    isSigned[y] === 0 ||
    corroborates(signatures, x * SIGNATURE_BYTES, signatures, y * SIGNATURE_BYTES);
  let kept = { a: new Uint32Array(1_024), b: new Uint32Array(1_024), distance: new Uint8Array(1_024) };
  let count = 0;
  for await (const result of results) {
    const edges = decodeEdges(result.edges);
    edges.distance.forEach((bits, edge) => {
      const [left, right] = [at(ofOrdinal, at(edges.a, edge)), at(ofOrdinal, at(edges.b, edge))];
      if (bits > thresholdBits || left < 0 || right < 0 || at(hashOf, left) === at(hashOf, right)) return;
      for (let x = at(firstOf, at(hashOf, left)); x !== NONE; x = at(nextOf, x)) {
        for (let y = at(firstOf, at(hashOf, right)); y !== NONE; y = at(nextOf, y)) {
          if (!agree(x, y)) continue;
          if (count === kept.a.length) kept = grown(kept);
          kept.a[count] = x;
          kept.b[count] = y;
          kept.distance[count] = bits;
          count += 1;
        }
      }
    });
  }
  return { a: kept.a.subarray(0, count), b: kept.b.subarray(0, count), distance: kept.distance.subarray(0, count) };
};

/** The same edges with room for as many more. */
const grown = (edges: Edges) => {
  const room = edges.a.length * 2;
  const larger = { a: new Uint32Array(room), b: new Uint32Array(room), distance: new Uint8Array(room) };
  larger.a.set(edges.a);
  larger.b.set(edges.b);
  larger.distance.set(edges.distance);
  return larger;
};

/** Live members of a class, ascending. */
export const membersOf = ({ offsets, members }: ImageClasses, number: number): Uint32Array =>
  members.subarray(at(offsets, number), at(offsets, number + 1));

/** How many live members a class has. */
export const countOf = ({ offsets }: ImageClasses, number: number): number =>
  at(offsets, number + 1) - at(offsets, number);

/** The hash of an image, null when it is flat. */
export const hashOfImage = (
  { ofOrdinal, hashOf, hashes, hashBytes }: ImageClasses,
  ordinal: number,
): Uint8Array | null => {
  const number = at(hashOf, at(ofOrdinal, ordinal));
  return number === NONE ? null : hashes.subarray(number * hashBytes, (number + 1) * hashBytes);
};
