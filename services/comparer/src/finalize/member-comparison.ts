import { boundsOf, overlapOf } from "@lookalike/engine/verify/overlap";
import { swapped, transformOf } from "@lookalike/engine/verify/pair-verdict";
import { inverted, isMirrored, rotationOf, type Transform } from "@lookalike/engine/verify/transform";
import type { MemberComparison, Rectangle } from "@lookalike/shared/domain/grouping/member-comparison";
import type { PairFacts } from "@lookalike/shared/domain/grouping/verified-pairs";
import type { ImageFacts } from "@lookalike/shared/domain/image/hash-block";

const UNIT_SQUARE = { width: 1, height: 1 };

/**
 * What was seen of a member and the image that it was laid over.
 * @param facts of the pair with the member as b
 * @param master, member sizes of the pictures
 */
export const memberComparison = (facts: PairFacts, master: ImageFacts, member: ImageFacts): MemberComparison | null => {
  const toMember = transformOf(facts);
  const inMaster = rectangleOf(toMember);
  const inMember = rectangleOf(inverted(toMember));
  if (inMaster === null || inMember === null) return null;
  const inPixels = ofPixels(toMember, master, member);
  return {
    ofMaster: rounded(facts.ofA),
    ofMember: rounded(facts.ofB),
    inMaster,
    inMember,
    degrees: rounded(rotationOf(inPixels), 10),
    mirrored: isMirrored(toMember),
    differing: rounded(facts.differing),
    region: rounded(facts.region),
    toneLevels: rounded(facts.toneChange, 10),
    colourLevels: rounded(facts.colourShift, 10),
  };
};

/** The facts of a pair with the other image first. */
export const swappedFacts = (facts: PairFacts): PairFacts => swapped({ kind: null, facts }).facts ?? facts;

const ofPixels = (map: Transform, { width = 1, height = 1 }: ImageFacts, to: ImageFacts): Transform => {
  const { width: toWidth = 1, height: toHeight = 1 } = to;
  return {
    xx: (map.xx * toWidth) / width,
    xy: (map.xy * toWidth) / height,
    yx: (map.yx * toHeight) / width,
    yy: (map.yy * toHeight) / height,
    dx: map.dx * toWidth,
    dy: map.dy * toHeight,
  };
};

/** Where in the first picture the second one is. */
const rectangleOf = (toOther: Transform): Rectangle | null => {
  const overlap = overlapOf(UNIT_SQUARE, UNIT_SQUARE, toOther);
  if (overlap === null) return null;
  const { left, top, width, height } = boundsOf(overlap.corners);
  const within = { left: clamped(left), top: clamped(top) };
  return {
    ...within,
    width: clamped(Math.min(width, 1 - within.left)),
    height: clamped(Math.min(height, 1 - within.top)),
  };
};

/** To so many parts of one, so that what is stored is read the same: JSON has no negative zero. */
const rounded = (value: number, parts = 10_000): number => Math.round(value * parts) / parts + 0;
const clamped = (value: number): number => Math.max(0, Math.min(1, rounded(value)));
