import { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { Source } from "@lookalike/shared/domain/job/source";
import { s3Objects } from "@lookalike/shared/sources/objects";
import { type AllowedSources, refusalOf } from "@lookalike/shared/sources/source-roots";
import { bucketFiles } from "./bucket-files.ts";
import { listDirectory } from "./directory.ts";
import { directoryFiles } from "./directory-files.ts";
import { walkHashes } from "./hashes.ts";
import { listBucket } from "./s3.ts";
import { fullWalk, ListingError, type MarkedCatalog, type Walk } from "./walk.ts";

/**
 * Lists a source's images as a stream, in an order that depends on the source's content alone: two
 * walks over the same source give the same images in the same order.
 * @param allowed where sources may be. It is checked here again, since links may have changed since the catalog was created
 * @param resume the mark of an earlier walk, from which this one may resume; null = it must start at the start
 * @throws ListingError when the source can't be read; a single bad item is listed with its failure
 */
export const walkSource = async (
  source: Source,
  allowed: AllowedSources,
  resume: MarkedCatalog | null,
): Promise<Walk> => {
  const refusal = await refusalOf(source, allowed);
  if (refusal !== null) throw new ListingError(refusal);
  switch (source.kind) {
    case "directory": {
      const tally = new FileTally();
      const images = listDirectory(source, tally);
      // A list's owner knows which files it names; nobody counts those that it does not.
      return fullWalk(images, { files: directoryFiles(source.root), tally: source.list === null ? tally : null });
    }
    case "s3": {
      const tally = new FileTally();
      const objects = s3Objects();
      return fullWalk(listBucket(source, objects, tally), { files: bucketFiles(source, objects), tally });
    }
    case "hashes":
      return walkHashes(source, resume);
  }
};
