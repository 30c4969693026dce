import type { Source } from "@lookalike/shared/domain/job/source";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import type { SourcePlace } from "@lookalike/shared/sources/folder-handle";
import { placeOf, requireBucket } from "@lookalike/shared/sources/source-roots";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";

/** A source whose files may be read, as its tenant's. */
export type OpenedSource =
  | { readonly kind: "directory"; readonly place: SourcePlace }
  | Extract<Source, { kind: "s3" | "hashes" }>;

/** @throws SourceRefused where it is outside what belongs to its tenant */
export const openSource = async ({ source, tenant }: CatalogRow, allowed: AllowedSources): Promise<OpenedSource> => {
  switch (source.kind) {
    case "directory":
      return { kind: "directory", place: await placeOf(source.root, tenant, allowed) };
    case "s3":
      requireBucket(source.bucket, tenant, allowed);
      return source;
    case "hashes":
      return source;
  }
};
