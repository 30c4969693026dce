import type { Feature } from "../evidence/features.ts";
import { fitAffine, fitSimilarity } from "./fit-transform.ts";
import { type Match, matchFeatures, mirroredFeatures } from "./match-features.ts";
import {
  composed,
  distance,
  mapped,
  mirrorTransform,
  rotationOf,
  type Size,
  scaleOf,
  stretchOf,
  type Transform,
} from "./transform.ts";

/** How one picture is inside another, by their features. */
export interface Registration {
  readonly transform: Transform;
  /** Places that agree with it, at least 2. */
  readonly votes: number;
}

/** A picture's size and its features. */
export interface Featured extends Size {
  readonly features: readonly Feature[];
}

/** A place may be so many pixels from where the map says, and so much of the picture's long side. */
const TOLERANCE_PIXELS = 4;
const TOLERANCE_SHARE = 0.01;
/** Two matched places must be so far from each other, that their directions mean something. */
const LEAST_DISTANCE = 12;
/** Matches that are nearer to each other are one place. */
const SAME_PLACE = 8;
/** A feature has its own size and direction: the map must agree with them. */
const SCALE_FACTOR = 1.5;
const ANGLE = (20 * Math.PI) / 180;
/** A similarity has four numbers, an affine map six: it needs more places. */
const AFFINE_PLACES = 6;
const MOST_STRETCH = 1.35;
/** The nearest matches; more add time and find no more. */
const MOST_MATCHES = 80;
const ROUNDS = 3;

/**
 * The maps of one picture's pixels to another's that most features agree with: of the picture, and of the mirrored one. Deterministic: each pair of
 * matches is a hypothesis, instead of random ones as in RANSAC (Fischler and Bolles, 1981).
 * @returns none where fewer than two places agree; the one with more votes first
 */
export const register = (a: Featured, b: Featured): Registration[] => {
  const mirrored = mirrorTransform(b);
  const plain = agreement(matchFeatures(a.features, b.features), b);
  const other = agreement(matchFeatures(a.features, mirroredFeatures(b.features, b.width)), b);
  const found = [
    ...(plain === null ? [] : [plain]),
    ...(other === null ? [] : [{ ...other, transform: composed(other.transform, mirrored) }]),
  ];
  return found.sort((first, second) => second.votes - first.votes);
};

const agreement = (all: readonly Match[], size: Size): Registration | null => {
  const matches = all.slice(0, MOST_MATCHES);
  const tolerance = TOLERANCE_PIXELS + TOLERANCE_SHARE * Math.max(size.width, size.height);
  let best: { readonly inliers: readonly Match[]; readonly votes: number; readonly error: number } | null = null;
  for (const [index, first] of matches.entries())
    for (const second of matches.slice(index + 1)) {
      if (!mayAgree(first, second)) continue;
      const transform = similarityOf(first, second);
      if (transform === null) continue;
      const { inliers, error } = inliersOf(matches, transform, tolerance);
      const votes = placesOf(inliers);
      if (best === null || votes > best.votes || (votes === best.votes && error < best.error))
        best = { inliers, votes, error };
    }
  return best === null || best.votes < 2 ? null : refined(matches, best.inliers, tolerance);
};

/** Whether one map may fit the sizes and directions of both: most pairs of wrong matches end here. */
const mayAgree = (first: Match, second: Match): boolean => {
  const ratio = (first.b.scale * second.a.scale) / (first.a.scale * second.b.scale);
  const turn = first.b.angle - first.a.angle - (second.b.angle - second.a.angle);
  return ratio <= SCALE_FACTOR ** 2 && ratio >= SCALE_FACTOR ** -2 && Math.cos(turn) >= Math.cos(2 * ANGLE);
};

/** The similarity that two matches give; null where they are too near, or their own sizes and directions say otherwise. */
const similarityOf = (first: Match, second: Match): Transform | null => {
  if (distance(first.a, second.a) < LEAST_DISTANCE || distance(first.b, second.b) < LEAST_DISTANCE) return null;
  const transform = fitSimilarity([first, second]);
  return agrees(first, transform) && agrees(second, transform) ? transform : null;
};

const agrees = ({ a, b }: Match, transform: Transform): boolean => {
  const ratio = b.scale / a.scale / scaleOf(transform);
  const turn = b.angle - a.angle - (rotationOf(transform) * Math.PI) / 180;
  return ratio <= SCALE_FACTOR && ratio >= 1 / SCALE_FACTOR && Math.cos(turn) >= Math.cos(ANGLE);
};

const inliersOf = (matches: readonly Match[], transform: Transform, tolerance: number) => {
  let error = 0;
  const inliers = matches.filter((match) => {
    const far = distance(mapped(transform, match.a), match.b);
    if (far > tolerance || !agrees(match, transform)) return false;
    error += far;
    return true;
  });
  return { inliers, error };
};

/** How many places the matches are at, in both pictures: one place that matches many is one. */
const placesOf = (matches: readonly Match[]): number => {
  const places: Match[] = [];
  for (const match of matches)
    if (places.every(({ a, b }) => distance(a, match.a) >= SAME_PLACE && distance(b, match.b) >= SAME_PLACE))
      places.push(match);
  return places.length;
};

const refined = (matches: readonly Match[], first: readonly Match[], tolerance: number): Registration => {
  let inliers = first;
  let transform = fitSimilarity(inliers);
  for (let round = 0; round < ROUNDS; round += 1) {
    const affine = placesOf(inliers) >= AFFINE_PLACES ? fitAffine(inliers) : null;
    transform = affine !== null && stretchOf(affine) <= MOST_STRETCH ? affine : fitSimilarity(inliers);
    const next = inliersOf(matches, transform, tolerance).inliers;
    if (placesOf(next) < 2 || next.length === inliers.length) break;
    inliers = next;
  }
  return { transform, votes: placesOf(inliers) };
};
