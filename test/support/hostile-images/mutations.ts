import { crc32 } from "node:zlib";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import type { Seed } from "./seeds.ts";

/** A file that nobody should trust, under a name that says how it was made. */
export interface HostileImage {
  readonly name: string;
  /** Made when it is needed: all of them together are large. */
  readonly bytes: () => Buffer;
  /** Whether it takes seconds to make or to decode. */
  readonly isLong?: boolean;
}

const CUT_BYTES = 64;
/** What a size, a count or an offset may pretend. */
const LIES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
/** Most lies are told where the headers are. */
const HEADER_BYTES = 256;

/** The file's beginning, up to every 64th byte. */
const cuts = ({ name, bytes }: Seed): HostileImage[] =>
  Array.from({ length: Math.ceil(bytes.length / CUT_BYTES) }, (_, part) => ({
    name: `${name}, cut at ${part * CUT_BYTES}`,
    bytes: () => bytes.subarray(0, part * CUT_BYTES),
  }));

/** A number below `limit` at a time. */
type Draw = (limit: number) => number;

const drawBy = (seed: number): Draw => {
  const next = randomWords(seed);
  return (limit) => next() % limit;
};

/** Changes a copy of a file; it may return another one. */
type Mutation = (bytes: Buffer, draw: Draw, others: readonly Seed[]) => Buffer;

const flipBits: Mutation = (bytes, draw) => {
  for (let flips = 1 + draw(16); flips > 0; flips -= 1) {
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
  }
  return bytes;
};

const lie: Mutation = (bytes, draw) => {
  for (let lies = 1 + draw(3); lies > 0; lies -= 1) {
    const size = [1, 2, 4, 4][draw(4)] ?? 4;
    const at = draw(Math.min(draw(4) === 0 ? bytes.length : HEADER_BYTES, bytes.length) - size);
    const value = (LIES[draw(LIES.length)] ?? 0) % 256 ** size;
    if (draw(2) === 0) bytes.writeUIntBE(value, at, size);
    else bytes.writeUIntLE(value, at, size);
  }
  return bytes;
};

/** A part is repeated, left out, or overwritten by zeros. */
const moveParts: Mutation = (bytes, draw) => {
  const from = draw(bytes.length);
  const to = Math.min(bytes.length, from + 1 + draw(512));
  const part = bytes.subarray(from, to);
  switch (draw(3)) {
    case 0:
      return Buffer.concat([
        bytes.subarray(0, from),
        ...Array.from({ length: 2 + draw(30) }, () => part),
        bytes.subarray(to),
      ]);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    default:
      return bytes.fill(0, from, to);
  }
};

/** The beginning of one format with the end of another one, or one after the other: a polyglot. */
const splice: Mutation = (bytes, draw, others) => {
  const other = others[draw(others.length)]?.bytes ?? bytes;
  return draw(2) === 0
    ? Buffer.concat([bytes, other])
    : Buffer.concat([bytes.subarray(0, draw(bytes.length)), other.subarray(draw(other.length))]);
};

/** So that a changed PNG file is refused for what was changed, and not for a checksum. */
const fixChecksums = (bytes: Buffer): Buffer => {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== 0x89504e47) return bytes;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
};

const MUTATIONS = { "bits flipped": flipBits, lies: lie, "parts moved": moveParts, spliced: splice };
const SHARES: Record<keyof typeof MUTATIONS, number> = {
  "bits flipped": 0.35,
  lies: 0.35,
  "parts moved": 0.15,
  spliced: 0.15,
};

/**
 * Every seed cut at every 64th byte, and changed at random.
 * @param mutants of each seed
 */
export const mutate = (seeds: readonly Seed[], mutants: number, seed: number): HostileImage[] =>
  seeds.flatMap((picture, which) => [
    ...cuts(picture),
    ...Object.entries(MUTATIONS).flatMap(([kind, mutation]) =>
      Array.from({ length: Math.ceil(mutants * SHARES[kind as keyof typeof MUTATIONS]) }, (_, index) => ({
        name: `${picture.name}, ${kind}, ${index}`,
        bytes: () => {
          const draw = drawBy(seed + which * 1_000_003 + index * 101 + kind.length);
          return fixChecksums(mutation(Buffer.from(picture.bytes), draw, seeds));
        },
      })),
    ),
  ]);
