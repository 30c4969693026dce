import { availableParallelism } from "node:os";

export const MAX_DECODERS = 4;

/** What decoding pictures for requests may take, of all requests together. It happens in processes of its own. */
export const PICTURE_LIMITS = {
  /** Pixels of the largest picture: as a hasher's. */
  maxPixels: 300_000_000,
  /** Bytes of the largest file. */
  maxFileBytes: 1_073_741_824,
  /** Bytes of the largest object of a bucket: it is stored on the disk while it is decoded. */
  maxObjectBytes: 268_435_456,
  timeoutSeconds: 30,
  /** A query compares hashes alone. */
  features: 0,
  /** Pictures at once. */
  processes: Math.min(MAX_DECODERS, availableParallelism()),
} as const;
