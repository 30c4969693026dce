import { availableParallelism } from "node:os";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/sources/allowed-sources";

/** The hasher's settings. */
export const Environment = ServiceEnvironment.extend({
  LOOKALIKE_HASHER_THREADS: integer({
    min: 1,
    max: 256,
    default: availableParallelism(),
    about: "Pictures that are decoded and hashed at once",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
  LOOKALIKE_SOURCE_BUCKETS: SourceBuckets,
  LOOKALIKE_LISTING_TIMEOUT_SECONDS: integer({
    min: 1,
    max: 3_600,
    default: 60,
    about: "How long a listing may read nothing before it fails",
  }),
  LOOKALIKE_MAX_PIXELS: integer({
    min: 1,
    default: 300_000_000,
    about: "Pixels of the largest picture that is decoded",
  }),
  LOOKALIKE_PIXELS_IN_FLIGHT: integer({
    min: 1_000_000,
    default: 200_000_000,
    about: "Pixels decoded at once, in all processes: bounds the memory",
  }),
  LOOKALIKE_DECODER_MEMORY_BYTES: integer({
    min: 536_870_912,
    default: 2_147_483_648,
    about: "Memory that a process that decodes pictures may take; a picture that needs more has no hash",
  }),
  LOOKALIKE_MAX_FILE_BYTES: integer({
    min: 1,
    default: 1_073_741_824,
    about: "Bytes of the largest file that is read",
  }),
  LOOKALIKE_IMAGE_TIMEOUT_SECONDS: integer({
    min: 1,
    max: 3_600,
    default: 60,
    about: "Time to decode one picture",
  }),
});
