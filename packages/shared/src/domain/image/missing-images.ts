const MISSING_SHARE = 0.2;
const MISSING_IMAGES = 50;

/**
 * Why a job stops that has found far fewer images than the one before; null = so few are missing that they may have been
 * deleted. Whoever unmounts a disk has not deleted its pictures.
 */
export const missingRefusal = (missing: number, images: number): string | null => {
  if (missing <= MISSING_IMAGES || missing <= images * MISSING_SHARE) return null;
  const cause =
    missing >= images
      ? "The folder has none of them: is its disk or share mounted?"
      : "Is a disk, share or subfolder away?";
  return `${missing} of ${images} known images are missing. ${cause} They stay known, with their groups and decisions. If they were deleted, scan again with acceptMissing (--accept-missing).`;
};
