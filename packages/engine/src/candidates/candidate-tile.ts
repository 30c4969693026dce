import { splitEvidence } from "@lookalike/shared/domain/image/block-evidence";
import { decodeEvidence } from "../evidence/decode-evidence.ts";
import { captureKeys } from "./capture-keys.ts";
import { type FeatureTile, featureTile } from "./feature-tile.ts";
import type { TurnedEvidence } from "./turned-rows.ts";

/** A block's evidence, as its parts are stored, in memory that threads share. */
export interface EvidenceBlock {
  readonly firstOrdinal: number;
  readonly positions: number;
  /** See `joinEvidence`; empty where the block has none. */
  readonly joined: Uint8Array;
}

/** The evidence of a run of blocks. Two with the same id are the same. */
export interface EvidenceTile {
  readonly id: string;
  readonly from: number;
  readonly count: number;
  readonly blocks: readonly EvidenceBlock[];
}

/** What candidates among the pictures of a tile are found by. */
export interface CandidateTile extends Omit<EvidenceTile, "blocks"> {
  /** By position: null where a picture has no evidence. */
  readonly turned: readonly (TurnedEvidence | null)[];
  readonly captures: readonly { readonly ordinal: number; readonly keys: readonly bigint[] }[];
  readonly features: FeatureTile;
}

/** @throws EvidenceError where bytes are no evidence; Error where a block's bytes are cut short */
export const candidateTile = ({ id, from, count, blocks }: EvidenceTile): CandidateTile => {
  const turned: (TurnedEvidence | null)[] = Array.from({ length: count }, () => null);
  const captures: { ordinal: number; keys: bigint[] }[] = [];
  const pictures: { ordinal: number; features: Uint8Array }[] = [];
  for (const { firstOrdinal, positions, joined } of blocks) {
    if (joined.length === 0) continue;
    const evidence = splitEvidence(joined, positions);
    if (evidence === null) throw new Error(`the evidence of the images from ${firstOrdinal} on is cut short`);
    for (const [position, bytes] of evidence.entries()) {
      if (bytes === null) continue;
      const ordinal = firstOrdinal + position;
      const { blockhashes, dctHashes, dctQuality, features, exif } = decodeEvidence(bytes);
      turned[ordinal - from] = { blockhashes, dctHashes, dctQuality };
      pictures.push({ ordinal, features });
      const keys = exif === null ? [] : captureKeys(exif);
      if (keys.length > 0) captures.push({ ordinal, keys });
    }
  }
  return { id, from, count, turned, captures, features: featureTile(id, pictures) };
};
