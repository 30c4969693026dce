import { spawnSync } from "node:child_process";
import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backends, fastestBackend } from "./backend.ts";
import { bandsOf } from "./bands.ts";
import { blockHashes } from "./block-hashes.ts";
import { exhaustiveBy } from "./exhaustive.ts";
import { indexedBy, type JoinBand } from "./indexed.ts";
import type { EdgeSink, HashRows, Kernel, RowPair } from "./kernel.ts";
import { plain } from "./plain.ts";

/** Every kernel that compares all pairs, but for the plain one that they must agree with. */
const FAST = backends.map((code) => ({ name: code.name, join: exhaustiveBy(code) }));

const WIDTHS = [64, 96, 128, 192, 256];

/** Hashes as an owner's catalog has them, and as an enemy would choose them. */
const SHAPES = {
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
type Shape = keyof typeof SHAPES;

const catalog = (bits: number, shape: Shape, maxLength: number) => fc.array(SHAPES[shape](bits), { maxLength });

const rowsOf = (hashes: readonly Uint8Array[], firstOrdinal: number): HashRows =>
  blockHashes(
    {
      states: new Uint8Array(hashes.length).fill(STATE.hashed),
      hashes: new Uint8Array(Buffer.concat(hashes)),
    },
    firstOrdinal,
  );

const collect = (join: (sink: (edges: Edges) => void) => void): string[] => {
  const found: string[] = [];
  join(({ a, b, distance }) => {
    a.forEach((ordinal, at) => {
      found.push(`${ordinal} ${b[at]} ${distance[at]}`);
    });
  });
  return found.sort();
};

const INDEXED = backends.map((code) => ({ name: code.name, joinBand: indexedBy(code) }));

let tiles = 0;

/** All bands of the pairs, each tile pair new to the kernel. */
const joinBands = (
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

const edgesBy = (kernel: Kernel, pairs: readonly RowPair[], radius: number): string[] =>
  collect((sink) => kernel(pairs, radius, sink));

/** By the definition, on the rows that the kernels are given. */
const edgesByDefinition = (pairs: readonly RowPair[], radius: number): string[] =>
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

const pairsAmong = (first: HashRows, second: HashRows): RowPair[] => [
  { left: first, right: first, same: true },
  { left: first, right: second, same: false },
  { left: second, right: second, same: true },
];

describe.each(WIDTHS)("%i-bit hashes", (bits) => {
  const shapes = fc.constantFrom(...(Object.keys(SHAPES) as Shape[]));

  it("plain, exhaustive and native kernels find exactly the pairs within the radius", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(catalog(bits, shape, 20), catalog(bits, shape, 20))),
        fc.nat(64),
        ([first, second], radius) => {
          const pairs = pairsAmong(rowsOf(first, 0), rowsOf(second, 20));
          const expected = edgesByDefinition(pairs, radius);
          expect(edgesBy(plain, pairs, radius)).toEqual(expected);
          for (const kernel of FAST)
            expect([kernel.name, edgesBy(kernel.join, pairs, radius)]).toEqual([kernel.name, expected]);
        },
      ),
    );
  });

  it("the indexed kernel's bands together give each of them once", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(catalog(bits, shape, 30), catalog(bits, shape, 30))),
        fc.integer({ min: 0, max: bits / 8 }),
        fc.nat(),
        ([first, second], radius, pick) => {
          const possible = Array.from({ length: radius + 1 }, (_, at) => at + 1).filter(
            (count) => bandsOf(bits, radius, count)?.every((band) => band.bits.length <= 16) === true,
          );
          const bands = possible[pick % possible.length];
          if (bands === undefined) return;
          const pairs = pairsAmong(rowsOf(first, 0), rowsOf(second, 30));
          const expected = edgesByDefinition(pairs, radius);
          for (const kernel of INDEXED) {
            const found = collect((sink) => joinBands(kernel, pairs, bits, radius, bands, sink));
            expect([kernel.name, found]).toEqual([kernel.name, expected]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Hashes that a seed decides: enough of them to cross slabs, groups and buffers. */
const manyHashes = (count: number, bits: number, seed: number): Uint8Array[] => {
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

describe("at every length around a group of 64 columns", () => {
  it.each([1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129])("%i rows", (count) => {
    const rows = rowsOf(manyHashes(count, 256, count), 0);
    const pairs = [{ left: rows, right: rows, same: true }];
    for (const radius of [0, 1, 7, 8, 20, 32, 64]) {
      const expected = edgesBy(plain, pairs, radius);
      for (const { join } of FAST) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    }
  });
});

describe("beyond a slab of 4,096 rows", () => {
  it.each([64, 256])("both kernels agree with the plain one, %i bits", (bits) => {
    const left = rowsOf(manyHashes(5_000, bits, 1), 0);
    const right = rowsOf(manyHashes(4_500, bits, 2), 5_000);
    const radius = bits / 8;
    const pairs = pairsAmong(left, right);
    const expected = edgesBy(plain, pairs, radius);
    expect(expected.length).toBeGreaterThan(1_000);
    for (const { join } of FAST) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    const bands = bits === 64 ? 5 : 17;
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, pairs, bits, radius, bands, sink))).toEqual(expected);
  });
});

describe("hashes so alike that bands tell them apart too seldom", () => {
  it.each([1, 2])("are joined exhaustively, a share by each band: %i tiles", (count) => {
    // 40 of 256 bits vary: nearly all pairs meet in many bands, few are within the radius.
    const alike = (seed: number) =>
      manyHashes(4_200, 256, seed).map((hash) => hash.map((byte, at) => (at < 5 ? byte : 0)));
    const left = rowsOf(alike(3), 0);
    const right = count === 1 ? left : rowsOf(alike(4), 5_000);
    const pair = { left, right, same: count === 1 };
    const expected = edgesBy(plain, [pair], 8);
    expect(expected.length).toBeGreaterThan(500);
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, [pair], 256, 8, 6, sink))).toEqual(expected);
  });
});

describe("hashes that differ in one quarter of their bytes alone", () => {
  it.each([128, 192, 256])("are told apart by each word that a kernel looks at, %i bits", (bits) => {
    const originals = manyHashes(200, bits, 5);
    const copies = originals.map((hash, at) => {
      const copy = hash.slice();
      // 1 to 39 flips: within the radius of 24 and beyond it.
      for (let flip = 0; flip <= at % 40; flip += 1) {
        const byte = (((flip * 7 + at) % (bits / 32)) * 4 + (at >> 2)) % (bits / 8);
        copy[byte] = (copy[byte] ?? 0) ^ (1 << ((flip * 3 + at) & 7));
      }
      return copy;
    });
    const pairs = pairsAmong(rowsOf(originals, 0), rowsOf(copies, 200));
    const expected = edgesBy(plain, pairs, 24);
    expect(expected.length).toBeGreaterThan(100);
    for (const kernel of INDEXED) {
      const found = collect((sink) => joinBands(kernel, pairs, bits, 24, 17, sink));
      expect([kernel.name, found]).toEqual([kernel.name, expected]);
    }
  });
});

describe("hashes of which all 256 bits differ", () => {
  it("are not taken for equal ones, in any column of a group", () => {
    const ordinals = Uint32Array.from({ length: 150 }, (_, at) => at);
    const words = new Int32Array(150 * 8).map((_, at) => ((at >> 3) % 2 === 0 ? 0 : -1));
    const pairs = [{ left: { ordinals, words }, right: { ordinals, words }, same: true }];
    for (const radius of [64, 128]) {
      const expected = edgesBy(plain, pairs, radius);
      expect(expected).toHaveLength(2 * ((75 * 74) / 2));
      for (const { join } of FAST) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    }
  });
});

describe("more edges than the buffer holds", () => {
  it("come in several batches, none lost", () => {
    // 1,000 hashes of at most 2 bits, all within 4 bits of each other: 499,500 edges.
    const hashes = Array.from({ length: 1_000 }, (_, at) => {
      const hash = new Uint8Array(32);
      for (const bit of [at >> 5, 32 + (at & 31)]) hash[bit >> 3] = (hash[bit >> 3] ?? 0) | (1 << (bit & 7));
      return hash;
    });
    const rows = rowsOf(hashes, 0);
    const pairs = [{ left: rows, right: rows, same: true }];
    const expected = edgesBy(plain, pairs, 4);
    for (const { join } of FAST) expect(edgesBy(join, pairs, 4)).toEqual(expected);
    for (const kernel of INDEXED) {
      let edges = 0;
      joinBands(kernel, pairs, 256, 4, 5, ({ a }) => {
        edges += a.length;
      });
      expect(edges).toBe(499_500);
    }
  });
});

describe("a tile", () => {
  it("collapses equal hashes of its blocks into the first image", () => {
    const one = new Uint8Array(32).fill(7);
    const near = one.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
    const other = one.map((byte, at) => (at === 31 ? byte ^ 3 : byte));
    const blocks = [0, 10, 20].map((first) => rowsOf(first === 20 ? [one, near, other] : [one, near], first));
    const tile = {
      ordinals: Uint32Array.from(blocks.flatMap(({ ordinals }) => [...ordinals])),
      words: Int32Array.from(blocks.flatMap(({ words }) => [...words])),
    };
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, [{ left: tile, right: tile }], 256, 8, 9, sink))).toEqual([
        "0 1 1",
        "0 22 2",
        "1 22 3",
      ]);
  });
});

describe("native code", () => {
  it("is built where there is a compiler", () => {
    const compiler = spawnSync("cc", ["--version"]).status === 0;
    expect(fastestBackend.name).toMatch(compiler ? /^(avx512|avx2|neon)$/ : /^wasm$/);
  });
});

describe("a block as a kernel sees it", () => {
  it("costs one row for a thousand equal images; flat, failed and absent ones none", () => {
    const hash = new Uint8Array(32).fill(0x5a);
    const other = new Uint8Array(32).fill(0x3c);
    const block = {
      states: Uint8Array.from([...new Array(1_000).fill(STATE.hashed), STATE.flat, STATE.failed, STATE.absent]),
      hashes: new Uint8Array(Buffer.concat([...new Array(1_000).fill(hash), other, other, other])),
    };
    expect([...blockHashes(block, 5_000).ordinals]).toEqual([5_000]);
  });

  it("may be empty", () => {
    const empty = blockHashes({ states: new Uint8Array(0), hashes: new Uint8Array(0) }, 0);
    const pair = { left: empty, right: empty, same: true };
    for (const { join } of FAST) expect(edgesBy(join, [pair], 5)).toEqual([]);
    expect(edgesBy(plain, [pair], 5)).toEqual([]);
    for (const kernel of INDEXED) expect(collect((sink) => joinBands(kernel, [pair], 256, 8, 5, sink))).toEqual([]);
  });
});
