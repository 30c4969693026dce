import type { PairFacts, PairVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import { inverted, type Transform } from "./transform.ts";
import type { Verdict } from "./verify-pair.ts";

/** The version of what verification finds: raised with each change of it, so that stored verdicts of others are not used. */
export const VERIFICATION = 1;

/** What {@link verifyPair} returned, as it is stored. */
export const pairVerdict = (seen: Verdict | null): PairVerdict => {
  if (seen === null) return { kind: null, facts: null };
  const { transform, ofA, ofB, differing, region, toneChange, colours, agreement } = seen.comparison;
  const facts = { ofA, ofB, differing, region, toneChange, colourShift: colours.shift, agreement };
  return { kind: seen.kind, facts: { ...facts, transform: numbersOf(transform) } };
};

/** The verdict about b and a of one about a and b. */
export const swapped = ({ kind, facts }: PairVerdict): PairVerdict => ({
  kind,
  facts: facts === null ? null : swappedFacts(facts),
});

const swappedFacts = (facts: PairFacts): PairFacts => {
  const [xx = 0, xy = 0, yx = 0, yy = 0, dx = 0, dy = 0] = facts.transform;
  const transform = numbersOf(inverted({ xx, xy, yx, yy, dx, dy }));
  return { ...facts, ofA: facts.ofB, ofB: facts.ofA, transform };
};

const numbersOf = ({ xx, xy, yx, yy, dx, dy }: Transform): number[] => [xx, xy, yx, yy, dx, dy];
