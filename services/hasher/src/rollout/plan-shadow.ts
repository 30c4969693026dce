// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { listed } from "@lookalike/shared/domain/job/job";
import { fullSet } from "@lookalike/shared/domain/primitives/bit-set";
import { findJob, type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

/** The listing of a shadow job: it walks nothing, and compares everything that its job compared. */
export const planShadow = async (db: Db, { id, options }: JobRow) => {
  const shadowed = options.shadowOf === null ? null : await findJob(db, options.shadowOf);
  if (shadowed === null) throw new Error(`job ${id} is the shadow of no job`);
  const { totalBlocks: blocks, totalImages: images, completedImages: hashedImages, failedImages } = shadowed;
  const { blockSize, hashBits } = listed(jobOf(shadowed));
  return {
    images,
    blockSize,
    blocks,
    hashBits,
    hashFormat: shadowed.hashFormat,
    hashedBlocks: fullSet(blocks),
    hashedImages,
    failedImages,
    base: null,
  };
};
