import type { Source } from "@lookalike/shared/domain/options";
import { s3Objects } from "@lookalike/shared/files/objects";
import { type AllowedSources, refusalOf } from "@lookalike/shared/files/source-roots";
import type { FoundImage } from "@lookalike/shared/store/listing";
import { listBucket } from "./bucket.ts";
import { listDirectory } from "./directory.ts";
import { listHashes } from "./hashes.ts";
import { SourceError } from "./source-error.ts";

/**
 * Lists a source's images as a stream, in an order that depends on the source's content alone: two
 * walks over the same source give the same images in the same order.
 * @param allowed what sources may be made of; asked again here, since links may have changed
 * @throws SourceError when the source can't be read; a single bad item is listed with its failure
 */
export async function* listSource(source: Source, allowed: AllowedSources): AsyncGenerator<FoundImage> {
  const refusal = await refusalOf(source, allowed);
  if (refusal !== null) throw new SourceError(refusal);
  switch (source.kind) {
    case "directory":
      yield* listDirectory(source);
      break;
    case "s3":
      yield* listBucket(source, s3Objects());
      break;
    case "hashes":
      yield* listHashes(source);
  }
}
