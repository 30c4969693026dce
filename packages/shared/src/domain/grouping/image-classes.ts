import { contentDigestAt, type HashBlock, STATE, signatureAt } from "../image/hash-block.ts";
import { corroborates, SIGNATURE_BYTES } from "../image/signature.ts";
import type { OrdinalSet } from "../primitives/bit-set.ts";
import { at, NONE } from "../primitives/columns.ts";
import { toHex } from "../primitives/encoding.ts";
import { KeyTable } from "../primitives/key-table.ts";

/** The columns of a block that grouping its images needs. */
export type StoredHashes = Pick<HashBlock, "block" | "states" | "hashes" | "signatures" | "contentDigests">;

/**
 * Classes of images that comparing cannot distinguish: each class is grouped as one node. In columns, since there may
 * be ten million images. An entry is {@link NONE} where there is no such class or hash.
 */
export interface ImageClasses {
  readonly count: number;
  /** Class of each ordinal; NONE for failed images. */
  readonly ofOrdinal: Int32Array;
  /** Live members of class c, ascending: `members[offsets[c]] … members[offsets[c + 1] - 1]`. */
  readonly offsets: Uint32Array;
  readonly members: Uint32Array;
  /** Number of the hash that class c shares; NONE for a flat class. */
  readonly hashOf: Int32Array;
  /** The first class of each hash, and the next class with the same hash; NONE ends the list. */
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

/** How the images are laid out in columns. */
export interface Layout {
  readonly blockSize: number;
  /** One past the highest ordinal. */
  readonly extent: number;
  readonly hashBytes: number;
}

/**
 * Images with equal hashes become one class, or several where their signatures differ: one weak hash does not
 * decide alone. Flat images are excluded from comparing: only equal bytes make a class of them. A vanished
 * image still gives its class its hash, because edges may name its ordinal.
 * @param selected the images to be grouped; the others are in no class
 * @param isLive whether an image may be a member of a group
 */
export const classifyImages = async (
  blocks: AsyncIterable<StoredHashes>,
  { blockSize, extent, hashBytes }: Layout,
  selected: OrdinalSet,
  isLive: (ordinal: number) => boolean = () => true,
): Promise<ImageClasses> => {
  const { size } = selected;
  const ofOrdinal = new Int32Array(extent).fill(NONE);
  const hashNumbers = new KeyTable(hashBytes / 4, size);
  const hashOf = new Int32Array(size).fill(NONE);
  const firstOf = new Int32Array(size).fill(NONE);
  const nextOf = new Int32Array(size).fill(NONE);
  const signatures = new Uint8Array(size * SIGNATURE_BYTES);
  const isSigned = new Uint8Array(size);
  const flatClasses = new Map<string, number>();
  const flats: number[] = [];
  let count = 0;

  /** The class of hash number `hash` that the signature agrees with, or a new one. */
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

  /** The class of flat images with these bytes, or a new one; NONE where the bytes are unknown. */
  const flatClassOf = (contentDigest: Uint8Array | null): number => {
    if (contentDigest === null) return NONE;
    const key = toHex(contentDigest);
    const known = flatClasses.get(key) ?? count++;
    flatClasses.set(key, known);
    return known;
  };

  for await (const block of blocks) {
    const words = wordsOf(block.hashes);
    block.states.forEach((state, position) => {
      const ordinal = block.block * blockSize + position;
      if (!selected.has(ordinal)) return;
      if (state === STATE.hashed) {
        const hash = hashNumbers.add(words, (position * hashBytes) / 4);
        ofOrdinal[ordinal] = classOf(hash, signatureAt(block, position));
      } else if (state === STATE.flat) {
        flats.push(ordinal);
        ofOrdinal[ordinal] = flatClassOf(contentDigestAt(block, position));
      }
    });
  }
  return {
    count,
    ofOrdinal,
    ...membersByClass(count, ofOrdinal, isLive),
    hashOf,
    firstOf,
    nextOf,
    hashes: bytesOf(hashNumbers.keys),
    hashBytes,
    signatures,
    isSigned,
    flats,
  };
};

/** A counting sort of the live ordinals by their class. */
const membersByClass = (count: number, ofOrdinal: Int32Array, isLive: (ordinal: number) => boolean) => {
  const offsets = new Uint32Array(count + 1);
  const liveClassOf = (ordinal: number): number => (isLive(ordinal) ? at(ofOrdinal, ordinal) : NONE);
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = liveClassOf(ordinal);
    if (number !== NONE) offsets[number + 1] = at(offsets, number + 1) + 1;
  }
  for (let number = 0; number < count; number += 1) offsets[number + 1] = at(offsets, number + 1) + at(offsets, number);
  const members = new Uint32Array(at(offsets, count));
  const next = offsets.slice();
  for (let ordinal = 0; ordinal < ofOrdinal.length; ordinal += 1) {
    const number = liveClassOf(ordinal);
    if (number === NONE) continue;
    members[at(next, number)] = ordinal;
    next[number] = at(next, number) + 1;
  }
  return { offsets, members };
};

/** A copy of bytes as words, whatever their alignment in their buffer. */
const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);

const bytesOf = (words: Int32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** Live members of a class, ascending. */
export const membersOf = ({ offsets, members }: ImageClasses, number: number): Uint32Array =>
  members.subarray(at(offsets, number), at(offsets, number + 1));

/** How many live members a class has. */
export const countOf = ({ offsets }: ImageClasses, number: number): number =>
  at(offsets, number + 1) - at(offsets, number);

/** The hash of an image that is in a class; null when it is flat. */
export const hashOfImage = (
  { ofOrdinal, hashOf, hashes, hashBytes }: ImageClasses,
  ordinal: number,
): Uint8Array | null => {
  const number = at(hashOf, at(ofOrdinal, ordinal));
  return number === NONE ? null : hashes.subarray(number * hashBytes, (number + 1) * hashBytes);
};
