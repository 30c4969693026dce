import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { describe, expect, it } from "vitest";
import { plain } from "../compare/plain.ts";
import { turnGrid } from "../evidence/bit-grid.ts";
import { TURNS, type Turn } from "../evidence/turns.ts";
import { equalPairs, TURNED_HASHES, type TurnedEvidence, turnedRows, turnsOf } from "./turned-rows.ts";

const number = randomWords(9);
const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => number() & 255);
const picture = (): TurnedEvidence => ({ blockhashes: bytes(64), dctHashes: bytes(128), dctQuality: 100 });
const [BLOCKHASH, DCT] = TURNED_HASHES as [(typeof TURNED_HASHES)[0], (typeof TURNED_HASHES)[0]];

const mirrorImage = ({ blockhashes, dctHashes, dctQuality }: TurnedEvidence): TurnedEvidence => ({
  blockhashes: new Uint8Array([
    ...turnGrid(blockhashes.subarray(0, 32), TURNS.mirrored),
    ...turnGrid(blockhashes.subarray(32), TURNS.flipped),
  ]),
  dctHashes: new Uint8Array([1, 0, 3, 2].flatMap((part) => [...dctHashes.subarray(part * 32, part * 32 + 32)])),
  dctQuality,
});

describe.each(TURNED_HASHES)("rows of turned pictures by their $name", (hash) => {
  it("find a mirrored picture by the turn that it has, and by no other", () => {
    const pictures = [picture(), picture(), null];
    const right = turnedRows(
      pictures.map((own) => (own === null ? null : mirrorImage(own))),
      10,
      hash,
      TURNS.none,
    );
    for (const turn of turnsOf(false)) {
      const found: number[][] = [];
      const left = turnedRows(pictures, 0, hash, turn);
      plain([{ left, right, same: false }], 40, ({ a, b, distance }) => {
        for (const [pair, ordinal] of a.entries()) found.push([ordinal, b[pair] as number, distance[pair] as number]);
      });
      expect(found).toEqual(
        turn === TURNS.mirrored
          ? [
              [0, 10, 0],
              [1, 11, 0],
            ]
          : [],
      );
    }
  });

  it("of more than sixteen equal pictures have the first ones, and the others as pairs", () => {
    const equal = picture();
    const pictures = Array.from({ length: 40 }, (_, position) => (position === 3 ? picture() : equal));
    expect(turnedRows(pictures, 100, hash, TURNS.none).ordinals.length).toBe(17);
    const pairs = equalPairs(pictures, 100, hash);
    expect(pairs.length).toBe(23);
    expect([pairs[0], pairs.at(-1)]).toEqual([
      [100, 117],
      [100, 139],
    ]);
  });
});

describe("a picture of one colour", () => {
  it("has no row", () => {
    const flat = { blockhashes: new Uint8Array(64), dctHashes: bytes(128), dctQuality: 0 };
    for (const hash of [BLOCKHASH, DCT]) expect(turnedRows([flat], 0, hash, TURNS.none).ordinals.length).toBe(0);
    expect(equalPairs([flat, flat], 0, BLOCKHASH)).toEqual([]);
  });
});

describe("turns", () => {
  it("are eight, and seven within a tile, where a quarter turn has its inverse", () => {
    expect(turnsOf(false).length).toBe(8);
    expect(turnsOf(true)).not.toContain(TURNS.rotated270 satisfies Turn);
    expect(turnsOf(true).length).toBe(7);
  });
});
