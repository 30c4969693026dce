import type { Source } from "@lookalike/shared/domain/options";
import type { FoundImage } from "@lookalike/shared/store/listing";
import { listDirectory } from "./directory.ts";
import { listHashes } from "./hashes.ts";

/**
 * Lists a source's images as a stream, in an order that depends on the source's content alone: two
 * walks over the same source give the same images in the same order.
 * @throws SourceError when the source can't be read; a single bad item is listed with its failure
 */
export const listSource = (source: Source): AsyncIterable<FoundImage> => {
  switch (source.kind) {
    case "directory":
      return listDirectory(source);
    case "hashes":
      return listHashes(source);
  }
};
