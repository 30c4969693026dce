import { createHash } from "node:crypto";
import type { HashLimits, ReservePixels } from "@lookalike/engine/hash/decode-picture";
import { pairVerdict } from "@lookalike/engine/verify/pair-verdict";
import { type PictureView, viewPicture } from "@lookalike/engine/verify/picture-view";
import { verifiedPicture, verifyPair } from "@lookalike/engine/verify/verify-pair";
import { encodeVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import type { HashedFile } from "../hash/hash-file.ts";
import { readListedFile } from "../hash/read-listed.ts";

/** A picture to be decoded for verification. */
export interface ViewRequest extends Pick<HashLimits, "maxPixels" | "timeoutSeconds"> {
  readonly view: HashedFile["content"];
  /** SHA-256 of the file when it was hashed: another content is another picture. */
  readonly contentDigest: Uint8Array;
}

/** Pictures that are each compared with the first one. */
export interface VerifyRequest {
  readonly first: PictureView;
  readonly others: readonly PictureView[];
}

/** Reads and decodes a file; null where it can't be read any more, or has another content. */
export const viewFile = async (
  { view: content, contentDigest, ...limits }: ViewRequest,
  reserve: ReservePixels,
): Promise<PictureView | null> => {
  const file =
    content instanceof Uint8Array
      ? Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      : readListedFile(content, content.maxBytes);
  if (!Buffer.isBuffer(file) || !createHash("sha256").update(file).digest().equals(contentDigest)) return null;
  return viewPicture(file, limits, reserve);
};

/** The encoded verdict about the first picture and each other one. */
export const verifyViews = ({ first, others }: VerifyRequest): Uint8Array[] => {
  const one = verifiedPicture(first.pixels, first.evidence);
  return others.map(({ pixels, evidence }) =>
    encodeVerdict(pairVerdict(verifyPair(one, verifiedPicture(pixels, evidence)), first.pixels, pixels)),
  );
};
