import type { PairFacts, PairVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import { inverted, type Size, type Transform } from "./transform.ts";
import type { Verdict } from "./verify-pair.ts";

/** The version of what verification finds: raised with each change of it, so that stored verdicts of others are not used. */
export const VERIFICATION = 2;

/** What {@link verifyPair} returned, as it is stored. @param a, b the sizes of the working pictures */
export const pairVerdict = (seen: Verdict | null, a: Size, b: Size): PairVerdict => {
  if (seen === null) return { kind: null, facts: null };
  const { kind, refusal, isDocument, probability, source } = seen;
  const { transform, ofA, ofB, differing, region, replaced, toneChange, colours, correlation, agreement } =
    seen.comparison;
  return {
    kind,
    facts: {
      ...{ ofA, ofB, differing, region, replaced, toneChange, correlation, agreement },
      colourShift: colours.shift,
      otherColours: colours.differs,
      ...{ refusal, isDocument, probability, source },
      transform: numbersOf(ofUnitSquares(transform, a, b)),
    },
  };
};

/** A map of one picture's pixels to another's, as one of the parts of their sides. */
const ofUnitSquares = ({ xx, xy, yx, yy, dx, dy }: Transform, a: Size, b: Size): Transform => ({
  xx: (xx * a.width) / b.width,
  xy: (xy * a.height) / b.width,
  yx: (yx * a.width) / b.height,
  yy: (yy * a.height) / b.height,
  dx: dx / b.width,
  dy: dy / b.height,
});

/** The verdict about b and a of one about a and b. */
export const swapped = ({ kind, facts }: PairVerdict): PairVerdict => ({
  kind,
  facts: facts === null ? null : swappedFacts(facts),
});

const swappedFacts = (facts: PairFacts): PairFacts => ({
  ...facts,
  ofA: facts.ofB,
  ofB: facts.ofA,
  source: facts.source === null ? null : facts.source === "a" ? "b" : "a",
  transform: numbersOf(inverted(transformOf(facts))),
});

/** The map of the parts of a's sides to those of b's. */
export const transformOf = ({ transform: [xx = 0, xy = 0, yx = 0, yy = 0, dx = 0, dy = 0] }: PairFacts): Transform => ({
  xx,
  xy,
  yx,
  yy,
  dx,
  dy,
});

const numbersOf = ({ xx, xy, yx, yy, dx, dy }: Transform): number[] => [xx, xy, yx, yy, dx, dy];
