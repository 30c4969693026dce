import { describe, expect, it } from "vitest";
import { hashBlockOf, type Outcome } from "../image/hash-block.ts";
import { OrdinalSet } from "../primitives/bit-set.ts";
import { classifyImages } from "./image-classes.ts";
import { relatedImages, relationsOf } from "./relations.ts";
import type { VerifiedPair } from "./verified-pairs.ts";

/** Images 0 and 1 have one hash, 2 to 4 have others, and 5 and 6 are flat with equal bytes. */
const classes = async () => {
  const outcome = (hash: number, kind: "hashed" | "flat" = "hashed"): Outcome => ({
    ...{ kind, hash: new Uint8Array(8).fill(hash), contentDigest: new Uint8Array(32).fill(hash) },
    ...{ signature: null, pictureDigest: null, evidence: null, facts: {} },
  });
  const outcomes = [...[1, 1, 2, 3, 4].map((hash) => outcome(hash)), outcome(9, "flat"), outcome(9, "flat")];
  async function* blocks() {
    yield hashBlockOf(0, 64, outcomes);
  }
  return classifyImages(blocks(), { blockSize: 7, extent: 7, hashBytes: 8 }, OrdinalSet.below(7));
};
/** Classes have the numbers of their first images, from 1 on one less. */
const edgesOf = (...pairs: readonly (readonly [number, number])[]) => ({
  a: Uint32Array.from(pairs, ([a]) => a),
  b: Uint32Array.from(pairs, ([, b]) => b),
  distance: new Uint8Array(pairs.length),
});
const pair = (a: number, b: number, kind: VerifiedPair["kind"]): VerifiedPair => ({ a, b, kind, facts: null });
const kindsOf = async (edges: ReturnType<typeof edgesOf>, pairs: readonly VerifiedPair[]) =>
  relationsOf(await classes(), edges, pairs).map(({ a, b, kind }) => `${a} ${b} ${kind}`);

describe("relations", () => {
  it("are unverified where nobody has looked", async () => {
    expect(await kindsOf(edgesOf([0, 1], [1, 2]), [])).toEqual(["0 2 unverified", "2 3 unverified", "0 1 unverified"]);
  });

  it("are what was found, where somebody has looked at two images of the classes", async () => {
    const pairs = [pair(0, 1, "same-pixels"), pair(1, 2, "resized"), pair(2, 3, null)];
    expect(await kindsOf(edgesOf([0, 1], [1, 2]), pairs)).toEqual(["0 1 same-pixels", "1 2 resized", "2 3 similar"]);
  });

  it("are none of a pair that is over the limit, nor do its hashes make one", async () => {
    expect(await kindsOf(edgesOf([1, 2]), [pair(0, 1, "identical"), pair(2, 3, "over-limit")])).toEqual([
      "0 1 identical",
    ]);
  });

  it("are of pairs that hashes did not find, too; and equal images are related without any", async () => {
    const of = await classes();
    const relations = relationsOf(of, edgesOf(), [pair(0, 1, "identical"), pair(2, 4, "cropped")]);
    expect([...relatedImages(of, relations)].sort()).toEqual([0, 1, 2, 4, 5, 6]);
  });
});
