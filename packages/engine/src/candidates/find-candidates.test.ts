import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { turnGrid } from "../evidence/bit-grid.ts";
import { TURNS } from "../evidence/turns.ts";
import type { CandidateTile } from "./candidate-tile.ts";
import { type FeaturedPicture, featureTile } from "./feature-tile.ts";
import { scenePictures } from "./features.fixtures.ts";
import { candidateFinderBy, SOURCE_BITS } from "./find-candidates.ts";
import type { TurnedEvidence } from "./turned-rows.ts";

const number = randomWords(3);
const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => number() & 255);
const COUNT = 24;
const [MIRRORED, ORIGINAL, FIRST_SHOT, SECOND_SHOT, FLAT] = [20, 4, 1, 22, 9];

const turned: (TurnedEvidence | null)[] = Array.from({ length: COUNT }, () => ({
  blockhashes: bytes(64),
  dctHashes: bytes(128),
  dctQuality: 100,
}));
const { blockhashes, dctHashes, dctQuality } = turned[ORIGINAL] as TurnedEvidence;
turned[MIRRORED] = {
  blockhashes: new Uint8Array([
    ...turnGrid(blockhashes.subarray(0, 32), TURNS.mirrored),
    ...turnGrid(blockhashes.subarray(32), TURNS.flipped),
  ]),
  dctHashes: new Uint8Array([1, 0, 3, 2].flatMap((part) => [...dctHashes.subarray(part * 32, part * 32 + 32)])),
  dctQuality,
};
turned[FLAT] = null;
const features: FeaturedPicture[] = scenePictures(COUNT, 0, 1);

const tileOf = (from: number, to: number): CandidateTile => ({
  id: `${from}-${to}`,
  from,
  count: to - from,
  turned: turned.slice(from, to),
  captures: [
    { ordinal: FIRST_SHOT, keys: [5n] },
    { ordinal: SECOND_SHOT, keys: [7n, 5n] },
  ].filter(({ ordinal }) => ordinal >= from && ordinal < to),
  features: featureTile(
    `${from}-${to}`,
    features.filter(({ ordinal }) => ordinal >= from && ordinal < to),
  ),
});
const textOf = ({ a, b, distance }: Edges): string[] =>
  Array.from(a, (ordinal, pair) => `${ordinal} ${b[pair]} ${distance[pair]}`);

describe.each(backends)("candidates by $name", (backend) => {
  const find = candidateFinderBy(backend);
  const all = tileOf(0, COUNT);
  const whole = textOf(find(all, all).pairs);
  const sourcesOf = (a: number, b: number): number =>
    Number(whole.find((pair) => pair.startsWith(`${a} ${b} `))?.split(" ")[2] ?? 0);

  it("are found by each source, each pair once with all that found it", () => {
    const byHashes = SOURCE_BITS.blockhash | SOURCE_BITS.dct;
    expect(sourcesOf(ORIGINAL, MIRRORED) & byHashes).toBe(byHashes);
    expect(sourcesOf(FIRST_SHOT, SECOND_SHOT) & SOURCE_BITS.capture).toBe(SOURCE_BITS.capture);
    expect(whole.filter((pair) => Number(pair.split(" ")[2]) & SOURCE_BITS.features).length).toBeGreaterThan(COUNT);
    expect(new Set(whole.map((pair) => pair.replace(/ \d+$/, ""))).size).toBe(whole.length);
  });

  it("are the same however the pictures are cut into tiles", () => {
    const tiles = [tileOf(0, 7), tileOf(7, 8), tileOf(8, COUNT)];
    const parts = tiles.flatMap((right, j) => tiles.slice(0, j + 1).flatMap((left) => textOf(find(left, right).pairs)));
    expect(parts.toSorted()).toEqual(whole.toSorted());
  });
});
