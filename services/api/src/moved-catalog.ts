import { lstat } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { fileStateOf, joinPath } from "@lookalike/shared/sources/listed-file";
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
export const movedCatalog = async (db: Db, tenant: string, root: string): Promise<CatalogRow | null> => {
  for (const catalog of await allCatalogs(db, tenant)) {
    const { source } = catalog;
    if (source.kind !== "directory" || source.root === root) continue;
    const sample = await sampleImages(db, catalog.id, SAMPLED_IMAGES);
    if ((await hasFiles(root, sample)) && !(await hasFiles(source.root, sample))) return catalog;
  }
  return null;
};

/** Whether a folder has most of the files, by path, size and time. */
const hasFiles = async (root: string, sample: Sample): Promise<boolean> => {
  const found = await pMap(sample, (image) => hasFile(root, image), { concurrency: FILES_AT_ONCE });
  return sample.length > 0 && found.filter(Boolean).length >= sample.length * SHARE;
};

const hasFile = async (root: string, { path, fingerprint }: Sample[number]): Promise<boolean> => {
  const place = joinPath(rootBytes(root), bytesOfName(path));
  const now = await lstat(place, { bigint: true }).catch(() => null);
  const known = fileStateOf(fingerprint);
  return now !== null && known?.size === String(now.size) && known.modified === String(now.mtimeNs);
};
