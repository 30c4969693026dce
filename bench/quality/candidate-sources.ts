import { captureKeys, capturePairs } from "@lookalike/engine/candidates/capture-keys";
import { SHARED_BITS } from "@lookalike/engine/candidates/feature-keys";
import { type FeatureTile, featureTile } from "@lookalike/engine/candidates/feature-tile";
import { MOST_PICTURES } from "@lookalike/engine/candidates/frequent-keys";
import { featureJoinerBy } from "@lookalike/engine/candidates/join-features";
import { TURNED_HASHES, type TurnedHash, turnedRows, turnsOf } from "@lookalike/engine/candidates/turned-rows";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { exhaustiveBy } from "@lookalike/engine/compare/exhaustive";
import { TURNS } from "@lookalike/engine/evidence/turns";
import { at } from "@lookalike/shared/domain/primitives/columns";
import type { ReadEvidence } from "./read-evidence.ts";

/** Pairs of files, each as one number. */
type PairNumbers = ReadonlySet<number>;

/** A way to find candidates, in one setting. */
export interface Source {
  readonly name: string;
  /** Whether candidates are found in this way; the others are beside it, for the choice. */
  readonly isChosen: boolean;
  readonly pairs: PairNumbers;
  readonly cpuSeconds: number;
}

type Files = readonly (ReadEvidence | null)[];

export const pairNumber = (a: number, b: number, files: number): number => Math.min(a, b) * files + Math.max(a, b);

const RADII: Readonly<Record<TurnedHash["name"], readonly number[]>> = {
  blockhash: [16, 24, 32, 40, 48],
  dct: [24, 48, 64, 72, 80],
};
/** Limits of a key's pictures; at the last one no key of so small a corpus is frequent. */
const LIMITS = [60, 100, 200, 254];

/** All sources, each with the pairs that it finds. */
export function* sourcesOf(files: Files): Generator<Source> {
  for (const hash of TURNED_HASHES) yield* turnedSources(files, hash);
  yield* featureSources(files);
  yield measured("capture identity", true, () => {
    const keys = files.map((file, ordinal) => ({ ordinal, keys: file?.exif ? captureKeys(file.exif) : [] }));
    return new Set(capturePairs(keys).map(([a, b]) => pairNumber(a, b, files.length)));
  });
}

const measured = (name: string, isChosen: boolean, find: () => PairNumbers): Source => {
  const begun = process.cpuUsage();
  const pairs = find();
  const { user, system } = process.cpuUsage(begun);
  return { name, isChosen, pairs, cpuSeconds: (user + system) / 1e6 };
};

const exhaustive = exhaustiveBy(fastestBackend);

function* turnedSources(files: Files, hash: TurnedHash): Generator<Source> {
  const pictures = files.map((file) => file?.pixels ?? null);
  const right = turnedRows(pictures, 0, hash, TURNS.none);
  for (const radius of RADII[hash.name])
    yield measured(`${hash.name} ${radius}`, radius === hash.radiusBits, () => {
      const pairs = new Set<number>();
      for (const turn of turnsOf(true)) {
        const left = turnedRows(pictures, 0, hash, turn);
        exhaustive([{ left, right, same: false }], radius, ({ a, b }) => {
          for (const [edge, ordinal] of a.entries())
            if (ordinal !== at(b, edge)) pairs.add(pairNumber(ordinal, at(b, edge), files.length));
        });
      }
      return pairs;
    });
}

function* featureSources(files: Files): Generator<Source> {
  const pictures = files.map((file, ordinal) => ({ ordinal, features: file?.pixels.features ?? new Uint8Array(0) }));
  const tile = featureTile("corpus", pictures);
  yield measured("features, all", false, () => sharedAnywhere(tile, files.length));
  for (const limit of LIMITS)
    for (const mirrored of [false, true])
      yield measured(`features ${limit}${mirrored ? " mirrored" : ""}`, limit === MOST_PICTURES, () => {
        const join = featureJoinerBy(fastestBackend, { mostPictures: limit });
        const { a, b } = join({ left: tile, right: tile, mirrored });
        return new Set(Array.from(a, (ordinal, pair) => pairNumber(ordinal, at(b, pair), files.length)));
      });
}

/** The pairs that share two features, compared all with all, wherever they are in the pictures: what the keys and the places are measured against. */
const sharedAnywhere = (tile: FeatureTile, files: number): PairNumbers => {
  const rows = { ...tile, ordinals: tile.ordinals.map((_, row) => row) };
  const matched = new Map<number, [Set<number>, Set<number>]>();
  exhaustive([{ left: rows, right: rows, same: true }], SHARED_BITS, ({ a, b }) => {
    for (const [edge, row] of a.entries()) {
      const [first, second] = [at(tile.ordinals, row), at(tile.ordinals, at(b, edge))];
      if (first === second) continue;
      const pair = pairNumber(first, second, files);
      const known = matched.get(pair) ?? [new Set(), new Set()];
      matched.set(pair, known);
      known[0].add(row);
      known[1].add(at(b, edge));
    }
  });
  return new Set([...matched].filter(([, [x, y]]) => Math.min(x.size, y.size) >= 2).map(([pair]) => pair));
};
