import { KIND_WORDS } from "../image/pair-kind.ts";
import { REFUSAL_WORDS, type Refusal } from "../image/refusal.ts";
import type { Grouping } from "../job/options.ts";
import { isCopyKind } from "./relation.ts";
import type { FoundKind } from "./verified-pairs.ts";

/** What decides about two images of a job. */
export interface WhyFacts {
  readonly grouping: Grouping;
  /** Whether the job looks at pairs. */
  readonly isVerified: boolean;
  readonly thresholdBits: number;
  /** Of their hashes; null where one of them has none, or is of one colour. */
  readonly distanceBits: number | null;
  /** Whether second hashes and colours agree; null = there are none. */
  readonly signaturesAgree: boolean | null;
  readonly equalBytes: boolean;
  /** Whether an owner said that they are no duplicates. */
  readonly isSeparated: boolean;
  /** What a look at both found. */
  readonly kind: FoundKind;
  readonly refusal: Refusal | null;
  /** Why nobody could look; null = somebody did. */
  readonly notLooked: string | null;
  /** The group that both are in. */
  readonly group: number | null;
  /** The groups of each; null = none. */
  readonly groupOfA: number | null;
  readonly groupOfB: number | null;
}

/** What decided about two images, and what would have to be otherwise, in plain words. */
export interface Explanation {
  readonly decided: string;
  readonly change: readonly string[];
}

export const explain = (facts: WhyFacts): Explanation => {
  if (facts.isSeparated)
    return {
      decided: "Somebody decided that these are no duplicates, so that no group has both.",
      change: ["Take that decision back."],
    };
  if (facts.equalBytes) return { decided: "Both files have the same bytes.", change: placed(facts) };
  return facts.isVerified || facts.grouping === "masters" ? byLooking(facts) : byHashes(facts);
};

const byLooking = (facts: WhyFacts): Explanation => {
  const { kind, refusal, notLooked } = facts;
  if (notLooked !== null || kind === "unverified" || kind === "over-limit")
    return {
      decided: `Nobody could look at both: ${notLooked ?? "there are too many look-alikes"}. ${hashWords(facts)}`,
      change: ["Make both files readable, and start a job of mode full: what nobody could look at is looked at then."],
    };
  if (kind === null)
    return {
      decided:
        refusal === null
          ? "They are not the same picture: no turn of one fits the other, and their features agree on no place."
          : `They are not the same picture: ${REFUSAL_WORDS[refusal]}.`,
      change: [
        "The pictures would have to be others. If they are duplicates for you, decide so on their groups one by one.",
      ],
    };
  const decided = `Somebody has looked at both: ${KIND_WORDS[kind]}.`;
  if (!isCopyKind(kind))
    return { decided, change: ["The pictures, or what their camera wrote, would have to be others."] };
  return { decided, change: placed(facts) };
};

const byHashes = (facts: WhyFacts): Explanation => {
  const { distanceBits, thresholdBits, signaturesAgree } = facts;
  if (distanceBits === null)
    return {
      decided:
        "One of them has no hash to compare, or is of one colour: such images are together only where their bytes are equal.",
      change: [],
    };
  if (distanceBits > thresholdBits)
    return {
      decided: hashWords(facts),
      change: [`Group with a threshold of ${distanceBits} bits or more (64 at most), or with verification.`],
    };
  if (signaturesAgree === false)
    return {
      decided: `${hashWords(facts)} But their second hashes or their colours differ too much.`,
      change: ["Start a job with verification, which looks at both pictures."],
    };
  return { decided: hashWords(facts), change: placed(facts) };
};

const hashWords = ({ distanceBits, thresholdBits }: WhyFacts): string => {
  if (distanceBits === null) return "There are no two hashes to compare.";
  return distanceBits <= thresholdBits
    ? `Their hashes are alike: they differ in ${distanceBits} bits, and ${thresholdBits} may.`
    : `Their hashes are not alike: they differ in ${distanceBits} bits, and ${thresholdBits} may.`;
};

/** What would put both in one group, where they belong together and are not. */
const placed = ({ group, groupOfA, groupOfB, grouping }: WhyFacts): string[] => {
  if (group !== null) return [];
  if (groupOfA === null && groupOfB === null)
    return [
      "The job did not group them: it was grouped before, or the search for candidates did not find this pair. Start a job of mode full.",
    ];
  if (grouping === "masters")
    return ["Each is nearer to another picture, and an image is in one family: see the groups of both."];
  return [
    `In a group by ${grouping}, one of the two is not alike another member: group by transitive, or with verification.`,
  ];
};
