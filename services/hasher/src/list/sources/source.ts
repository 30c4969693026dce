import { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { s3Objects } from "@lookalike/shared/sources/objects";
import { placeOf, requireBucket, SourceRefused } from "@lookalike/shared/sources/source-roots";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { bucketFiles } from "./bucket-files.ts";
import { listDirectory } from "./directory.ts";
import { directoryFiles } from "./directory-files.ts";
import { walkHashes } from "./hashes.ts";
import { listNamed } from "./named-files.ts";
import { listBucket } from "./s3.ts";
import { fullWalk, ListingError, type MarkedCatalog, type Walk } from "./walk.ts";

/** A source, and whose it is. */
export type OwnedSource = Pick<CatalogRow, "source" | "tenant">;

/**
 * Lists a source's images as a stream, in an order that depends on the source's content alone: two
 * walks over the same source give the same images in the same order.
 * @param allowed where sources may be. It is checked here again, since links may have changed since the catalog was created
 * @param resume the mark of an earlier walk, from which this one may resume; null = it must start at the start
 * @throws ListingError when the source can't be read; a single bad item is listed with its failure
 */
export const walkSource = async (
  owned: OwnedSource,
  allowed: AllowedSources,
  resume: MarkedCatalog | null,
): Promise<Walk> => {
  try {
    return await walk(owned, allowed, resume);
  } catch (error) {
    if (error instanceof SourceRefused) throw new ListingError(error.message);
    throw error;
  }
};

/** @throws SourceRefused where the source is outside what belongs to its tenant */
const walk = async (
  { source, tenant }: OwnedSource,
  allowed: AllowedSources,
  resume: MarkedCatalog | null,
): Promise<Walk> => {
  switch (source.kind) {
    case "directory": {
      const root = await placeOf(source.root, tenant, allowed);
      const files = directoryFiles(root);
      const { list } = source;
      // A list's owner knows which files it names; nobody counts those that it does not.
      if (list !== null)
        return fullWalk(listNamed({ ...source, list }, root, await placeOf(list, tenant, allowed)), {
          files,
          tally: null,
        });
      const tally = new FileTally();
      return fullWalk(listDirectory(source, root, tally), { files, tally });
    }
    case "s3": {
      requireBucket(source.bucket, tenant, allowed);
      const tally = new FileTally();
      const objects = s3Objects();
      return fullWalk(listBucket(source, objects, tally), { files: bucketFiles(source, objects), tally });
    }
    case "hashes":
      return walkHashes(source, await placeOf(source.file, tenant, allowed), resume);
  }
};
