import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import fc from "fast-check";
import { backends } from "../../packages/engine/src/compare/backend.ts";
import { blockHashes } from "../../packages/engine/src/compare/block-hashes.ts";
import { exhaustiveBy } from "../../packages/engine/src/compare/exhaustive.ts";
import { indexedBy, type JoinBand } from "../../packages/engine/src/compare/indexed.ts";
import type { EdgeSink, HashRows, Kernel, RowPair } from "../../packages/engine/src/compare/kernel.ts";

/** The kernels that compare all pairs, one for each backend. The plain one must find the same. */
export const EXHAUSTIVE = backends.map((backend) => ({ name: backend.name, join: exhaustiveBy(backend) }));

/** Hashes as an owner's catalog has them, and as an attacker would choose them. */
export const SHAPES = {
  random: (bits: number) => fc.uint8Array({ minLength: bits / 8, maxLength: bits / 8 }),
  clustered: (bits: number) =>
    fc.tuple(fc.nat(3), fc.array(fc.nat(bits - 1), { maxLength: 20 })).map(([original, flips]) => {
      const hash = new Uint8Array(bits / 8).fill(original * 0x35);
      for (const bit of flips) hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return hash;
    }),
  equal: (bits: number) => fc.constant(new Uint8Array(bits / 8).fill(0x5a)),
  flat: (bits: number) => fc.constantFrom(new Uint8Array(bits / 8), new Uint8Array(bits / 8).fill(0xff)),
  /** One bit after another set: every distance from 0 to all bits, at the ends of bytes and words. */
  staircase: (bits: number) =>
    fc.nat(bits).map((ones) => {
      const hash = new Uint8Array(bits / 8);
      for (let bit = 0; bit < ones; bit += 1) hash[bit >> 3] = (hash[bit >> 3] ?? 0) | (1 << (bit & 7));
      return hash;
    }),
  /** Half of the bits the same in all: skies, dark borders. */
  skewed: (bits: number) =>
    fc
      .uint8Array({ minLength: bits / 8, maxLength: bits / 8 })
      .map((hash) => hash.map((byte, at) => (at < bits / 16 ? 0 : byte & 0x11))),
};
export type Shape = keyof typeof SHAPES;

export const catalog = (bits: number, shape: Shape, maxLength: number) => fc.array(SHAPES[shape](bits), { maxLength });

export const rowsOf = (hashes: readonly Uint8Array[], firstOrdinal: number): HashRows =>
  blockHashes(
    {
      states: new Uint8Array(hashes.length).fill(STATE.hashed),
      hashes: new Uint8Array(Buffer.concat(hashes)),
    },
    firstOrdinal,
  );

export const collect = (join: (sink: (edges: Edges) => void) => void): string[] => {
  const found: string[] = [];
  join(({ a, b, distance }) => {
    a.forEach((ordinal, at) => {
      found.push(`${ordinal} ${b[at]} ${distance[at]}`);
    });
  });
  return found.sort();
};

/** The kernels that compare by bands, one for each backend. */
export const INDEXED = backends.map((backend) => ({ name: backend.name, joinBand: indexedBy(backend) }));

let tiles = 0;

/** All bands of the pairs, each tile pair new to the kernel. */
export const joinBands = (
  { joinBand }: { readonly joinBand: JoinBand },
  pairs: readonly Pick<RowPair, "left" | "right">[],
  hashBits: number,
  radiusBits: number,
  bands: number,
  sink: EdgeSink,
): void => {
  for (const { left, right } of pairs) {
    tiles += 2;
    const [first, second] = [
      { id: `${tiles}`, ...left },
      { id: `${left === right ? tiles : tiles + 1}`, ...right },
    ];
    for (let band = 0; band < bands; band += 1)
      joinBand({ left: first, right: second, hashBits, radiusBits, band, bands }, sink);
  }
};

export const edgesBy = (kernel: Kernel, pairs: readonly RowPair[], radius: number): string[] =>
  collect((sink) => kernel(pairs, radius, sink));

/** By the definition, on the rows that the kernels get. */
export const edgesByDefinition = (pairs: readonly RowPair[], radius: number): string[] =>
  collect((sink) => {
    for (const { left, right, same } of pairs) {
      const hash = ({ ordinals, words }: HashRows, row: number) => {
        const bytes = words.byteLength / ordinals.length;
        return new Uint8Array(words.buffer, row * bytes, bytes);
      };
      left.ordinals.forEach((a, i) => {
        right.ordinals.forEach((b, j) => {
          const distance = hammingDistance(hash(left, i), hash(right, j));
          if ((same && j <= i) || distance > radius) return;
          sink({
            a: Uint32Array.of(Math.min(a, b)),
            b: Uint32Array.of(Math.max(a, b)),
            distance: Uint8Array.of(distance),
          });
        });
      });
    }
  });

export const pairsAmong = (first: HashRows, second: HashRows): RowPair[] => [
  { left: first, right: first, same: true },
  { left: first, right: second, same: false },
  { left: second, right: second, same: true },
];

/** Hashes that a seed decides: enough of them to cross slabs, groups and buffers. */
export const manyHashes = (count: number, bits: number, seed: number): Uint8Array[] => {
  let state = seed;
  const word = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 16) & 0xff;
  };
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < count; at += 1) {
    const hash = Uint8Array.from({ length: bits / 8 }, word);
    const original = hashes[at - 7];
    if (at % 3 === 0 && original !== undefined) {
      hash.set(original);
      hash[word() % hash.length] = word();
    }
    hashes.push(hash);
  }
  return hashes;
};
