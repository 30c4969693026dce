import type { PairFacts } from "@lookalike/shared/domain/grouping/verified-pairs";
import { LIMITS } from "./kind.ts";

/** A rule of verification with the number that it is about. */
export interface VerificationRule {
  /** In words, with the limit. */
  readonly rule: string;
  readonly value: number;
  readonly limit: number;
  readonly holds: boolean;
}

/** The rules by which two pictures show the same, as far as numbers of the comparison are stored. All must hold, but those of documents only for these. */
export const verificationRules = (facts: PairFacts): VerificationRule[] => {
  const seen = Math.max(facts.ofA, facts.ofB);
  const agreement = facts.correlation < LIMITS.sureCorrelation ? LIMITS.sureAgreement : LIMITS.agreement;
  const atLeast = (rule: string, value: number, limit: number) => ({ rule, value, limit, holds: value >= limit });
  const atMost = (rule: string, value: number, limit: number) => ({ rule, value, limit, holds: value <= limit });
  return [
    atLeast("one picture shows so much of the other, at least", seen, LIMITS.contained),
    atLeast("the places that are alike agree by so much, at least", facts.agreement, agreement),
    atMost("the part of the places that differs, at most", facts.differing, LIMITS.differing),
    atMost("the part of the places where something replaces something, at most", facts.replaced, LIMITS.replaced),
    atMost("the part of the places with another colour, at most", facts.otherColours, LIMITS.otherColours),
    ...(facts.isDocument
      ? [atMost("both are documents: the part of the places that differs, at most", facts.differing, 0)]
      : []),
  ];
};
