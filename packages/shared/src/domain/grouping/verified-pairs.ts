import type { PairKind } from "../image/pair-kind.ts";
import { Refusal } from "../image/refusal.ts";
import { at, byteAt } from "../primitives/columns.ts";
import { decodeEdges, EdgeList, encodeEdges } from "./edges.ts";

/**
 * What is known of a pair that was found: its kind, `null` where both do not show the same, or `over-limit` where its pictures have so many other
 * candidates that nobody looked at this one.
 */
export type FoundKind = PairKind | "over-limit" | null;

/** Each kind, by its number in stored results; new ones are added at the end. */
const STORED_KINDS: readonly FoundKind[] = [
  ...(["unverified", null, "identical", "same-pixels", "re-encoded", "resized", "toned", "turned"] as const),
  ...(["mirrored", "cropped", "framed", "retouched", "burst", "similar", "over-limit"] as const),
];

/** What was measured where one picture is laid over the other. Shares are 0..1. */
export interface PairFacts {
  /** How much of each picture the other shows. */
  readonly ofA: number;
  readonly ofB: number;
  /** The share of blocks that differ, of those in the largest region of them, and of those where something replaces something. */
  readonly differing: number;
  readonly region: number;
  readonly replaced: number;
  /** By how many levels the tone curve and the mean colour differ. */
  readonly toneChange: number;
  readonly colourShift: number;
  /** The share of blocks whose colour is another one. */
  readonly otherColours: number;
  /** Mean correlation of the blocks with a texture, and of those of them that do not differ. */
  readonly correlation: number;
  readonly agreement: number;
  /** That both show the same picture, calibrated. */
  readonly probability: number;
  /** Which one the other was made from, where the pictures themselves say so; null = they do not. */
  readonly source: "a" | "b" | null;
  /** Whether both are drawn on a background, as pages are: of these, what differs is the content. */
  readonly isDocument: boolean;
  /** The rule by which they do not show the same; null = they do. */
  readonly refusal: Refusal | null;
  /** The affine map of the parts of a's sides to those of b's, each 0..1: x' = xx x + xy y + dx, y' = yx x + yy y + dy, as xx, xy, yx, yy, dx, dy. */
  readonly transform: readonly number[];
}

export interface PairVerdict {
  readonly kind: FoundKind;
  /** null where nobody compared the pixels, or nothing suggested that both show the same. */
  readonly facts: PairFacts | null;
}

/** A verdict about two images, by their ordinals a < b. */
export interface VerifiedPair extends PairVerdict {
  readonly a: number;
  readonly b: number;
}

const UNKNOWN_FORM = "a verdict of an unknown form";

/** Fields in their order, with the largest value that each can hold. */
const FIELDS = [
  ["ofA", 1],
  ["ofB", 1],
  ["differing", 1],
  ["region", 1],
  ["replaced", 1],
  ["toneChange", 255],
  ["colourShift", 255],
  ["otherColours", 1],
  ["correlation", 1],
  ["agreement", 1],
  ["probability", 1],
] as const;
const UNITS = 65_535;
const FLAGS_AT = FIELDS.length * 2;
const REFUSAL_AT = FLAGS_AT + 1;
const TRANSFORM_AT = REFUSAL_AT + 1;
const TRANSFORM_NUMBERS = 6;
const FACTS_BYTES = TRANSFORM_AT + TRANSFORM_NUMBERS * 4;
/** In the byte of flags. */
const FLAGS = { sourceIsA: 1, sourceIsB: 2, isDocument: 4 } as const;
/** In the byte of a kind: facts follow. */
const HAS_FACTS = 0x80;

const kindByte = ({ kind, facts }: PairVerdict): number =>
  STORED_KINDS.indexOf(kind) | (facts === null ? 0 : HAS_FACTS);

const kindOfByte = (byte: number): FoundKind => {
  const kind = STORED_KINDS[byte & ~HAS_FACTS];
  if (kind === undefined) throw new RangeError(UNKNOWN_FORM);
  return kind;
};

const flagsOf = ({ source, isDocument }: PairFacts): number =>
  (source === "a" ? FLAGS.sourceIsA : 0) | (source === "b" ? FLAGS.sourceIsB : 0) | (isDocument ? FLAGS.isDocument : 0);

const encodeFacts = (facts: PairFacts): Buffer => {
  const bytes = Buffer.alloc(FACTS_BYTES);
  FIELDS.forEach(([name, most], index) => {
    const part = Math.max(0, Math.min(1, facts[name] / most));
    bytes.writeUInt16LE(Math.round(part * UNITS), index * 2);
  });
  bytes.writeUInt8(flagsOf(facts), FLAGS_AT);
  // 0 = none.
  bytes.writeUInt8(facts.refusal === null ? 0 : Refusal.options.indexOf(facts.refusal) + 1, REFUSAL_AT);
  for (let index = 0; index < TRANSFORM_NUMBERS; index += 1)
    bytes.writeFloatLE(facts.transform[index] ?? 0, TRANSFORM_AT + index * 4);
  return bytes;
};

const decodeFacts = (bytes: Buffer): PairFacts => {
  if (bytes.length !== FACTS_BYTES) throw new RangeError(UNKNOWN_FORM);
  const fields = Object.fromEntries(
    FIELDS.map(([name, most], index) => [name, (bytes.readUInt16LE(index * 2) / UNITS) * most]),
  ) as Record<(typeof FIELDS)[number][0], number>;
  const flags = byteAt(bytes, FLAGS_AT);
  return {
    ...fields,
    source: flags & FLAGS.sourceIsA ? "a" : flags & FLAGS.sourceIsB ? "b" : null,
    isDocument: (flags & FLAGS.isDocument) !== 0,
    refusal: refusalOfByte(byteAt(bytes, REFUSAL_AT)),
    transform: Array.from({ length: TRANSFORM_NUMBERS }, (_, index) => bytes.readFloatLE(TRANSFORM_AT + index * 4)),
  };
};

const refusalOfByte = (byte: number): Refusal | null => {
  if (byte === 0) return null;
  const refusal = Refusal.options[byte - 1];
  if (refusal === undefined) throw new RangeError(UNKNOWN_FORM);
  return refusal;
};

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A verdict in 1 or 49 bytes. */
export const encodeVerdict = (verdict: PairVerdict): Uint8Array =>
  Buffer.concat([
    Uint8Array.of(kindByte(verdict)),
    verdict.facts === null ? new Uint8Array(0) : encodeFacts(verdict.facts),
  ]);

/** Inverse of {@link encodeVerdict}, up to rounding. @throws RangeError on other bytes */
export const decodeVerdict = (bytes: Uint8Array): PairVerdict => {
  const first = byteAt(bytes, 0);
  const facts = bufferOf(bytes.subarray(1));
  return { kind: kindOfByte(first), facts: first & HAS_FACTS ? decodeFacts(facts) : null };
};

/** The order in which pairs are stored. */
export const byOrdinals = (one: VerifiedPair, other: VerifiedPair): number => one.a - other.a || one.b - other.b;

const VERSION = 2;
const HEADER_BYTES = 5;

/**
 * Pairs by ascending (a, b): the version (1 byte), the length of what follows (4 bytes, little-endian), the pairs as encoded edges with their
 * kind in the place of the distance, then the facts of those that have any.
 */
export const encodeVerifiedPairs = (pairs: readonly VerifiedPair[]): Uint8Array => {
  const sorted = pairs.toSorted(byOrdinals);
  const list = new EdgeList();
  for (const pair of sorted) list.add(pair.a, pair.b, kindByte(pair));
  const edges = encodeEdges(list.edges);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32LE(edges.length, 1);
  return Buffer.concat([header, edges, ...sorted.flatMap(({ facts }) => (facts === null ? [] : encodeFacts(facts)))]);
};

/** Inverse of {@link encodeVerifiedPairs}, up to rounding. @throws RangeError on bytes of another version, or that are cut short */
export const decodeVerifiedPairs = (encoded: Uint8Array): VerifiedPair[] => {
  const bytes = bufferOf(encoded);
  if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== VERSION)
    throw new RangeError(`verified pairs of version ${bytes[0]}, not ${VERSION}`);
  const end = HEADER_BYTES + bytes.readUInt32LE(1);
  const { a, b, distance } = decodeEdges(bytes.subarray(HEADER_BYTES, end));
  let from = end;
  return Array.from(a, (ordinal, index) => {
    const kind = byteAt(distance, index);
    const hasFacts = (kind & HAS_FACTS) !== 0;
    const facts = hasFacts ? decodeFacts(bytes.subarray(from, from + FACTS_BYTES)) : null;
    if (hasFacts) from += FACTS_BYTES;
    return { a: ordinal, b: at(b, index), kind: kindOfByte(kind), facts };
  });
};
