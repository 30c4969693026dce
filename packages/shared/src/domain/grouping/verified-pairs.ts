import type { PairKind } from "../image/pair-kind.ts";
import { at, byteAt } from "../primitives/columns.ts";
import { decodeEdges, EdgeList, encodeEdges } from "./edges.ts";

/** Each kind, by its number in stored results; new ones are added at the end. */
const STORED_KINDS: readonly (PairKind | null)[] = [
  ...(["unverified", null, "identical", "same-pixels", "re-encoded", "resized", "toned", "turned"] as const),
  ...(["mirrored", "cropped", "framed", "retouched", "burst", "similar"] as const),
];

/** What was measured where one picture is laid over the other. Shares are 0..1. */
export interface PairFacts {
  /** How much of each picture the other shows. */
  readonly ofA: number;
  readonly ofB: number;
  /** The share of blocks that differ, and of those in the largest region of them. */
  readonly differing: number;
  readonly region: number;
  /** By how many levels the tone curve and the mean colour differ. */
  readonly toneChange: number;
  readonly colourShift: number;
  /** Mean correlation of the blocks that do not differ. */
  readonly agreement: number;
  /** The affine map of a's working picture to b's: x' = xx x + xy y + dx, y' = yx x + yy y + dy, as xx, xy, yx, yy, dx, dy. */
  readonly transform: readonly number[];
}

export interface PairVerdict {
  /** null = both were looked at, and do not show the same. */
  readonly kind: PairKind | null;
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
  ["toneChange", 255],
  ["colourShift", 255],
  ["agreement", 1],
] as const;
const UNITS = 65_535;
const TRANSFORM_NUMBERS = 6;
const FACTS_BYTES = FIELDS.length * 2 + TRANSFORM_NUMBERS * 4;
/** In the byte of a kind: facts follow. */
const HAS_FACTS = 0x80;

const kindByte = ({ kind, facts }: PairVerdict): number =>
  STORED_KINDS.indexOf(kind) | (facts === null ? 0 : HAS_FACTS);

const kindOfByte = (byte: number): PairKind | null => {
  const kind = STORED_KINDS[byte & ~HAS_FACTS];
  if (kind === undefined) throw new RangeError(UNKNOWN_FORM);
  return kind;
};

const encodeFacts = (facts: PairFacts): Buffer => {
  const bytes = Buffer.alloc(FACTS_BYTES);
  FIELDS.forEach(([name, most], index) => {
    const part = Math.max(0, Math.min(1, facts[name] / most));
    bytes.writeUInt16LE(Math.round(part * UNITS), index * 2);
  });
  for (let index = 0; index < TRANSFORM_NUMBERS; index += 1)
    bytes.writeFloatLE(facts.transform[index] ?? 0, FIELDS.length * 2 + index * 4);
  return bytes;
};

const decodeFacts = (bytes: Buffer): PairFacts => {
  if (bytes.length !== FACTS_BYTES) throw new RangeError(UNKNOWN_FORM);
  const field = (name: (typeof FIELDS)[number][0]): number => {
    const index = FIELDS.findIndex(([other]) => other === name);
    return (bytes.readUInt16LE(index * 2) / UNITS) * (FIELDS[index]?.[1] ?? 1);
  };
  return {
    ofA: field("ofA"),
    ofB: field("ofB"),
    differing: field("differing"),
    region: field("region"),
    toneChange: field("toneChange"),
    colourShift: field("colourShift"),
    agreement: field("agreement"),
    transform: Array.from({ length: TRANSFORM_NUMBERS }, (_, index) =>
      bytes.readFloatLE(FIELDS.length * 2 + index * 4),
    ),
  };
};

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A verdict in 1 or 39 bytes. */
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

const VERSION = 1;
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
