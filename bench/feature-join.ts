import { type FeatureTile, TILE_FEATURES } from "@lookalike/engine/candidates/feature-tile";
import { featureJoinerBy } from "@lookalike/engine/candidates/join-features";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { type Bench, costRow, throughputRow } from "./bench.ts";
import { FAMILY, FEATURES, familyOf, isInFamily, syntheticTile } from "./synthetic-features.ts";

const TILE_PICTURES = TILE_FEATURES / FEATURES;
/** So many tile pairs are joined; the time of all follows from their number. */
const SAMPLED = 4;
const GIB = 2 ** 30;

/** One measured tile pair. */
interface Reading {
  readonly pictures: number;
  readonly seconds: number;
  readonly family: number;
  readonly expected: number;
  readonly strangers: number;
}

/** Shared features of a catalog whose families are known, in tile pairs as tasks would join them. */
export const featureJoin: Bench = {
  about: "candidates by shared features among synthetic pictures, seconds and memory (--images 1000000)",
  async run(_, say, images = 200_000) {
    const tiles = Math.ceil(images / TILE_PICTURES);
    const tileOf = (tile: number): FeatureTile =>
      syntheticTile(tile * TILE_PICTURES, Math.min(images, (tile + 1) * TILE_PICTURES), images);
    const join = featureJoinerBy(fastestBackend);
    const readings: Reading[] = [];
    let peak = 0;
    for (const [i, j] of sampledPairs(tiles)) {
      const [left, right] = [tileOf(i), i === j ? null : tileOf(j)];
      for (const mirrored of [false, true]) {
        const unit = { left, right: right ?? left, mirrored };
        const { result: found, seconds } = cpuSeconds(() => join(unit));
        peak = Math.max(peak, process.memoryUsage().rss);
        let family = 0;
        for (const [pair, a] of found.a.entries())
          if (familyOf(a, images) === familyOf(found.b[pair] ?? -1, images)) family += 1;
        const reading = {
          pictures: i === j ? TILE_PICTURES / 2 : TILE_PICTURES,
          seconds,
          family,
          expected: mirrored ? 0 : relatives(left, unit.right, images),
          strangers: found.a.length - family,
        };
        readings.push(reading);
        say(
          `tiles ${i} and ${j}${mirrored ? ", mirrored" : ""}: ${seconds.toFixed(1)} s of CPU, ${family} of ${reading.expected} pairs of families, ${reading.strangers} others, ${memory()} GiB`,
        );
      }
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
  return [...distinct.values()].slice(0, SAMPLED);
};

/** How many pairs of one family two tiles have. */
const relatives = (left: FeatureTile, right: FeatureTile, images: number): number => {
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
  // A tile with itself has half as many pairs of pictures as two tiles.
  const share = sum(({ pictures }) => pictures) / 2 / TILE_PICTURES;
  const all = (tiles * tiles) / 2;
  const name = `${images} pictures of ${FEATURES} features`;
  const row = { bench: "feature-join", goal: null };
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
      case: `${name}: join, from ${readings.length} of ${tiles * (tiles + 1)} tasks`,
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
