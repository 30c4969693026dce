import type { CandidateTile } from "@lookalike/engine/candidates/candidate-tile";
import { candidateFinderBy, SOURCE_BITS } from "@lookalike/engine/candidates/find-candidates";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { candidatePlanFor } from "@lookalike/shared/domain/job/plan";
import { type Bench, costRow, throughputRow } from "./bench.ts";
import { FAMILY, FEATURES, familyOf, isInFamily, syntheticTile } from "./synthetic-features.ts";

const GIB = 2 ** 30;
const BY_FEATURES = SOURCE_BITS.features | SOURCE_BITS.mirroredFeatures;

/** One measured tile pair. */
interface Reading {
  /** Of a pair of two tiles: a tile with itself has half as many pairs of pictures. */
  readonly share: number;
  readonly seconds: number;
  readonly family: number;
  readonly expected: number;
  readonly strangers: number;
}

/** Candidates of a catalog whose families are known, in tile pairs as tasks find them. */
export const candidateTasks: Bench = {
  about: "tasks that find candidates among synthetic pictures, seconds of CPU and memory (--images 1000000)",
  async run(_, say, images = 200_000) {
    const tilePictures = candidatePlanFor(images, 1).tileBlocks;
    const tiles = Math.ceil(images / tilePictures);
    const tileOf = (tile: number): CandidateTile =>
      syntheticTile(tile * tilePictures, Math.min(images, (tile + 1) * tilePictures), images);
    const find = candidateFinderBy(fastestBackend);
    const readings: Reading[] = [];
    let peak = 0;
    for (const [i, j] of sampledPairs(tiles)) {
      const left = tileOf(i);
      const right = i === j ? left : tileOf(j);
      const { result, seconds } = cpuSeconds(() => find(left, right).pairs);
      peak = Math.max(peak, process.memoryUsage().rss);
      let family = 0;
      let strangers = 0;
      for (const [pair, a] of result.a.entries())
        if (familyOf(a, images) !== familyOf(result.b[pair] ?? -1, images)) strangers += 1;
        else if (((result.distance[pair] ?? 0) & BY_FEATURES) !== 0) family += 1;
      const reading = {
        share: (left.count * right.count) / tilePictures ** 2 / (i === j ? 2 : 1),
        seconds,
        family,
        expected: relatives(left, right, images),
        strangers,
      };
      readings.push(reading);
      say(
        `tiles ${i} and ${j}: ${seconds.toFixed(1)} s of CPU, ${family} of ${reading.expected} pairs of families, ${strangers} others, ${memory()} GiB`,
      );
    }
    return rowsOf(images, tiles, readings, peak);
  },
};

/** A tile with itself, and others with its neighbours and from far away. */
const sampledPairs = (tiles: number): [number, number][] => {
  const last = tiles - 1;
  const pairs: [number, number][] = [
    [0, 0],
    [0, last],
    [last >> 1, last >> 1],
    [0, tiles >> 2],
  ];
  const distinct = new Map(pairs.map((pair) => [pair.join(" "), pair]));
  return [...distinct.values()];
};

/** How many pairs of one family two tiles have. */
const relatives = ({ features: left }: CandidateTile, { features: right }: CandidateTile, images: number): number => {
  const members = new Map<number, number>();
  let pairs = 0;
  for (const a of new Set(left.ordinals))
    if (isInFamily(a, images)) members.set(familyOf(a, images), (members.get(familyOf(a, images)) ?? 0) + 1);
  if (left === right) {
    for (const count of members.values()) pairs += (count * (count - 1)) / 2;
    return pairs;
  }
  for (const b of new Set(right.ordinals)) if (isInFamily(b, images)) pairs += members.get(familyOf(b, images)) ?? 0;
  return pairs;
};

const rowsOf = (images: number, tiles: number, readings: readonly Reading[], peak: number) => {
  const sum = (of: (reading: Reading) => number) => readings.reduce((total, reading) => total + of(reading), 0);
  const share = sum((reading) => reading.share);
  const all = tiles ** 2 / 2;
  const name = `${images} pictures of ${FEATURES} features`;
  const row = { bench: "candidate-tasks", goal: null };
  return [
    throughputRow({
      ...row,
      case: `${name}: pairs of families found`,
      ours: sum(({ family }) => family),
      rival: "pairs",
      theirs: sum(({ expected }) => expected),
      unit: "pairs",
    }),
    costRow({
      ...row,
      case: `${name}: other candidates of a picture`,
      ours: ((sum(({ strangers }) => strangers) * 2) / share) * (all / images),
      rival: "family",
      theirs: FAMILY - 1,
      unit: "pairs",
    }),
    costRow({
      ...row,
      case: `${name}: all tasks, from ${readings.length} of ${(tiles * (tiles + 1)) / 2}`,
      ours: (sum(({ seconds }) => seconds) / share) * all,
      rival: "an hour",
      theirs: 3_600,
      unit: "s of CPU",
    }),
    costRow({
      ...row,
      case: `${name}: memory of a worker`,
      ours: peak / GIB,
      rival: "limit",
      theirs: 24,
      unit: "GiB",
      goal: 1,
    }),
  ];
};

const cpuSeconds = <Result>(work: () => Result): { result: Result; seconds: number } => {
  const begun = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(begun);
  return { result, seconds: (user + system) / 1e6 };
};

const memory = (): string => (process.memoryUsage().rss / GIB).toFixed(2);
