import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { turnedBlockhash } from "../evidence/blockhash.ts";
import { turnedDctHash } from "../evidence/dct-hash.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { TURNS } from "../evidence/turns.ts";
import { decodeFeatures, matchFeatures, mirroredFeatures } from "./match-features.ts";

export type TurnName = keyof typeof TURNS;

/** How near two pictures are by a hash, in the turn of the first one that is nearest. */
export interface TurnedDistance {
  readonly bits: number;
  readonly turn: TurnName;
}

/** How near two pictures are by their evidence, before anybody looks at them. */
export interface EvidenceDistances {
  readonly blockhash: TurnedDistance;
  /** null where one of the two is too small for it. */
  readonly dct: TurnedDistance | null;
  readonly featuresOfA: number;
  readonly featuresOfB: number;
  /** Features of a that b has, as it is and mirrored. */
  readonly shared: number;
  readonly sharedMirrored: number;
}

/** Features of two pictures are the same for the search of candidates where at most so many of 256 bits differ. */
const SHARED_BITS = 24;

/** What the evidence of two pictures says about them. */
export const evidenceDistances = (a: Evidence, b: Evidence): EvidenceDistances => {
  const own = decodeFeatures(a.features);
  const others = decodeFeatures(b.features);
  const sharedOf = (features: typeof own): number =>
    new Set(
      matchFeatures(features, others)
        .filter(({ bits }) => bits <= SHARED_BITS)
        .map((match) => match.a),
    ).size;
  const hasDct = a.dctQuality > 0 && b.dctQuality > 0;
  return {
    blockhash: nearestTurn((turn) =>
      hammingDistance(turnedBlockhash(a.blockhashes, TURNS[turn]), turnedBlockhash(b.blockhashes, TURNS.none)),
    ),
    dct: hasDct
      ? nearestTurn((turn) =>
          hammingDistance(turnedDctHash(a.dctHashes, TURNS[turn]), turnedDctHash(b.dctHashes, TURNS.none)),
        )
      : null,
    featuresOfA: own.length,
    featuresOfB: others.length,
    shared: sharedOf(own),
    sharedMirrored: sharedOf(mirroredFeatures(own, a.width)),
  };
};

const nearestTurn = (bitsOf: (turn: TurnName) => number): TurnedDistance => {
  const [nearest] = (Object.keys(TURNS) as TurnName[])
    .map((turn) => ({ turn, bits: bitsOf(turn) }))
    .sort((one, other) => one.bits - other.bits);
  if (nearest === undefined) throw new RangeError("there are eight turns");
  return nearest;
};
