import { HASH_FORMAT } from "@lookalike/engine/hash/hash-image";
import { GIVEN_FORMAT } from "@lookalike/shared/domain/image/hash-format";
import type { Source } from "@lookalike/shared/domain/job/source";

/** The format that hashes of this source's images have: the engine's, or that of given hashes. */
export const formatOf = (source: Source): string => {
  switch (source.kind) {
    case "directory":
    case "s3":
      return HASH_FORMAT;
    case "hashes":
      return GIVEN_FORMAT;
  }
};
