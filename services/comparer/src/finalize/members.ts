import { captureOf } from "@lookalike/engine/evidence/capture-of";
import { decodeEvidence } from "@lookalike/engine/evidence/decode-evidence";
import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import type { Capture } from "@lookalike/shared/domain/image/capture";
import { contentDigestAt, factsAt, type ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { missingData } from "@lookalike/shared/runtime/errors";
import { fileIdOf } from "@lookalike/shared/sources/listed-file";
import { readEvidence, readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { readNames } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";

const ORDINALS_PER_QUERY = 20_000;
const FACT_COLUMNS = ["states", "contentDigests", "details", "evidenceDigest"] as const;

/** A member, with what its camera wrote. */
export interface CapturedMember extends Member {
  readonly capture: Capture;
}

/**
 * Reads what the keeper and the kind of a group are chosen by, for these images.
 * @param withEvidence whether their evidence is read, too: times with fractions of a second, and the grid of a JPEG that is seen in another format
 * @returns looks up a member by its ordinal. @throws MissingDataError when the image, its block or its evidence is not stored
 */
export const readMembers = async (
  db: Db,
  catalogId: string,
  blockSize: number,
  ordinals: ReadonlySet<number>,
  withEvidence = false,
): Promise<(ordinal: number) => CapturedMember> => {
  const sorted = Uint32Array.from(ordinals).sort();
  const ofBlock = groupBy(sorted, (ordinal) => Math.floor(ordinal / blockSize));
  const hashed = new Map<number, Pick<CapturedMember, "facts" | "contentDigest" | "capture">>();
  for await (const block of readRequired(db, { catalogId, numbers: [...ofBlock.keys()] }, FACT_COLUMNS)) {
    const evidence = withEvidence ? await readEvidence(db, catalogId, block) : [];
    for (const ordinal of ofBlock.get(block.block) ?? []) {
      const position = ordinal % blockSize;
      const digest = contentDigestAt(block, position);
      const facts = factsAt(block, position);
      hashed.set(ordinal, {
        facts,
        contentDigest: digest === null ? null : toHex(digest),
        ...captured(facts, evidence[position] ?? null),
      });
    }
  }
  const members = new Map<number, CapturedMember>();
  for (let from = 0; from < sorted.length; from += ORDINALS_PER_QUERY) {
    for (const name of await readNames(db, catalogId, sorted.subarray(from, from + ORDINALS_PER_QUERY))) {
      const known = hashed.get(name.ordinal);
      if (known !== undefined) members.set(name.ordinal, { ...name, ...known, fileId: fileIdOf(name.fingerprint) });
    }
  }
  return (ordinal) => {
    const member = members.get(ordinal);
    if (member === undefined)
      throw missingData(
        [`the row of image ${ordinal} of catalog ${catalogId}`],
        "A job of mode full finds its file again; replay with apply restores it from the log.",
      );
    return member;
  };
};

const captured = (facts: ImageFacts, bytes: Uint8Array | null): Pick<CapturedMember, "capture" | "jpegGrid"> => {
  const evidence = bytes === null ? null : decodeEvidence(bytes);
  const capture = captureOf(facts, evidence);
  return evidence === null ? { capture } : { capture, jpegGrid: evidence.resolution.grid };
};
