import { hashRows } from "@lookalike/engine/compare/block-hashes";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import nearest from "./nearest-worker.ts";

const BLOCK_SIZE = 4;
/** Few different bytes, so that hashes are near each other, and some are equal. */
const hash = fc.uint8Array({ minLength: 8, maxLength: 8, max: 3 });
const image = fc.record({ hash, state: fc.constantFrom(STATE.hashed, STATE.hashed, STATE.flat, STATE.failed) });
type Image = typeof image extends fc.Arbitrary<infer Value> ? Value : never;

const blocksOf = (images: readonly Image[]) =>
  Array.from({ length: Math.ceil(images.length / BLOCK_SIZE) }, (_, block) => {
    const members = images.slice(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
    const states = Uint8Array.from(members.map(({ state }) => state));
    return hashRows({ states, hashes: Buffer.concat(members.map((member) => member.hash)) }, block * BLOCK_SIZE);
  });

describe("the nearest images", () => {
  it("are all hashed ones within the distance, also those with equal hashes, nearest first", () => {
    fc.assert(
      fc.property(
        fc.array(image, { maxLength: 30 }),
        hash,
        fc.nat(12),
        fc.nat(30),
        (images, query, maxDistance, limit) => {
          const expected = images
            .map((member, ordinal) => ({ ...member, ordinal, distance: hammingDistance(member.hash, query) }))
            .filter(({ state, distance }) => state === STATE.hashed && distance <= maxDistance)
            .sort((a, b) => a.distance - b.distance || a.ordinal - b.ordinal)
            .slice(0, limit)
            .map(({ ordinal, distance }) => ({ ordinal, distance }));
          expect(nearest({ blocks: blocksOf(images), hash: query, maxDistance, limit })).toEqual(expected);
        },
      ),
    );
  });
});
