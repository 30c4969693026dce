import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { type Folder, lstatAt, withPlace, withRoot } from "@lookalike/shared/sources/folder-handle";
import { fileStateOf } from "@lookalike/shared/sources/listed-file";
import { placeOf } from "@lookalike/shared/sources/source-roots";
import { allCatalogs, type CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { sampleImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import pMap from "p-map";

const SAMPLED_IMAGES = 64;
const FILES_AT_ONCE = 8;
/** The share of the sampled files that a folder must have to be the catalog's: some may have been changed or deleted since. */
const SHARE = 0.5;

type Sample = Awaited<ReturnType<typeof sampleImages>>;

/**
 * The tenant's catalog whose pictures are in this folder and no longer where they were: its disk has another mount point,
 * or its folder another name. null = there is none.
 */
export const movedCatalog = async (
  db: Db,
  allowed: AllowedSources,
  tenant: string,
  root: string,
): Promise<CatalogRow | null> => {
  const isIn = (path: string, sample: Sample) => hasFiles(path, tenant, allowed, sample);
  for (const catalog of await allCatalogs(db, tenant)) {
    const { source } = catalog;
    if (source.kind !== "directory" || source.root === root) continue;
    const sample = await sampleImages(db, catalog.id, SAMPLED_IMAGES);
    if ((await isIn(root, sample)) && !(await isIn(source.root, sample))) return catalog;
  }
  return null;
};

/** Whether a folder has most of the files, by path, size and time. */
const hasFiles = (path: string, tenant: string, allowed: AllowedSources, sample: Sample): Promise<boolean> => {
  const look = async (folder: Folder): Promise<boolean> => {
    const found = await pMap(sample, (image) => hasFile(folder, image), { concurrency: FILES_AT_ONCE });
    return sample.length > 0 && found.filter(Boolean).length >= sample.length * SHARE;
  };
  return placeOf(path, tenant, allowed)
    .then((place) => withRoot(place, look))
    .catch(() => false);
};

const hasFile = async (root: Folder, { path, fingerprint }: Sample[number]): Promise<boolean> => {
  const now = await withPlace(root, bytesOfName(path), lstatAt).catch(() => null);
  const known = fileStateOf(fingerprint);
  return now !== null && known?.size === String(now.size) && known.modified === String(now.mtimeNs);
};
