import { describe, expect, it } from "vitest";
import { STATE } from "../image/hash-block.ts";
import { SIGNATURE_BYTES } from "../image/signature.ts";
import { OrdinalSet } from "../primitives/bit-set.ts";
import { classEdges } from "./class-edges.ts";
import { encodeEdges } from "./edges.ts";
import { classifyImages, hashOfImage, membersOf } from "./image-classes.ts";

const HASH_BYTES = 8;
type Picture = { hash: number; signature?: number; state?: number; digest?: number };

async function* blocksOf(pictures: readonly Picture[]) {
  const filled = (bytes: number, of: (picture: Picture) => number | undefined) =>
    new Uint8Array(Buffer.concat(pictures.map((picture) => Buffer.alloc(bytes, of(picture) ?? 0))));
  yield {
    block: 0,
    states: Uint8Array.from(pictures, ({ state }) => state ?? STATE.hashed),
    hashes: filled(HASH_BYTES, ({ hash }) => hash),
    signatures: pictures.some(({ signature }) => signature !== undefined)
      ? filled(SIGNATURE_BYTES, ({ signature }) => signature)
      : new Uint8Array(0),
    contentDigests: filled(32, ({ digest }) => digest),
  };
}
const classesOf = (pictures: readonly Picture[], vanished: readonly number[] = []) =>
  classifyImages(
    blocksOf(pictures),
    { blockSize: pictures.length, extent: pictures.length, hashBytes: HASH_BYTES },
    OrdinalSet.below(pictures.length),
    (ordinal) => !vanished.includes(ordinal),
  );
const members = (classes: Awaited<ReturnType<typeof classesOf>>) =>
  Array.from({ length: classes.count }, (_, number) => [...membersOf(classes, number)]);
async function* resultOf(...edges: readonly (readonly [number, number, number])[]) {
  const encoded = encodeEdges({
    a: Uint32Array.from(edges, ([a]) => a),
    b: Uint32Array.from(edges, ([, b]) => b),
    distance: Uint8Array.from(edges, ([, , distance]) => distance),
  });
  yield { edges: encoded };
}

describe("classes", () => {
  it("contain equal hashes; vanished images are not members, failed ones are in no class", async () => {
    const classes = await classesOf(
      [{ hash: 1 }, { hash: 2 }, { hash: 1 }, { hash: 1 }, { hash: 2, state: STATE.failed }],
      [2],
    );
    expect(members(classes)).toEqual([[0, 3], [1]]);
    expect(hashOfImage(classes, 3)).toEqual(new Uint8Array(HASH_BYTES).fill(1));
  });

  it("of flat images contain equal bytes only", async () => {
    const flat = { hash: 255, state: STATE.flat };
    const classes = await classesOf([
      { ...flat, digest: 1 },
      { ...flat, digest: 2 },
      { ...flat, digest: 1 },
    ]);
    expect(members(classes)).toEqual([[0, 2], [1]]);
    expect([classes.flats, hashOfImage(classes, 0)]).toEqual([[0, 1, 2], null]);
  });

  it("are separate where only one weak hash is equal", async () => {
    // Signatures of 0 and 255 differ in all bits of the second hash.
    const classes = await classesOf([
      { hash: 1, signature: 0 },
      { hash: 1, signature: 255 },
      { hash: 1, signature: 0 },
      { hash: 1, signature: 255 },
    ]);
    expect(members(classes)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe("edges between classes", () => {
  const edgesOf = async (pictures: readonly Picture[], edges: readonly (readonly [number, number, number])[]) => {
    const { a, b, distance } = await classEdges(resultOf(...edges), await classesOf(pictures), 10);
    return [...a].map((from, at) => [from, b[at], distance[at]]);
  };

  it("are within the threshold, between different hashes", async () => {
    const pictures = [{ hash: 1 }, { hash: 2 }, { hash: 1 }, { hash: 3 }];
    expect(
      await edgesOf(pictures, [
        [0, 1, 10],
        [0, 2, 0],
        [1, 3, 11],
      ]),
    ).toEqual([[0, 1, 10]]);
  });

  it("need the second hash and the colours to agree, for each class of the two hashes", async () => {
    const pictures = [
      { hash: 1, signature: 0 },
      { hash: 1, signature: 255 },
      { hash: 2, signature: 255 },
      { hash: 3, signature: 0x0f },
    ];
    // The edge names image 0, the first one with hash 1; it is image 1 that looks like image 2.
    expect(
      await edgesOf(pictures, [
        [0, 2, 3],
        [2, 3, 3],
      ]),
    ).toEqual([[1, 2, 3]]);
  });
});
