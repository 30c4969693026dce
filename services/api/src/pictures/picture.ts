import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { Source } from "@lookalike/shared/domain/job/source";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { keyOf } from "@lookalike/shared/sources/listed-file";
import { ObjectError, s3Objects } from "@lookalike/shared/sources/objects";
import { type ListedFile, type ListedFileProblem, openListed } from "@lookalike/shared/sources/open-listed";
import { placeOf, requireBucket } from "@lookalike/shared/sources/source-roots";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { HttpProblem } from "../http/problems.ts";

export const FILE_PROBLEMS: Record<ListedFileProblem["reason"], string> = {
  missing: "The file is gone since it was listed. The next job will notice.",
  changed: "The file has changed since it was listed. The next job will read it again.",
  "not-a-regular-file": "There is no regular file under that name any more.",
  "outside-the-source": "A link leads out of the catalog's source.",
  unreadable: "The file can't be read.",
};

const OBJECT_PROBLEMS: Record<ObjectError["reason"], string> = {
  missing: "The object is gone from its bucket since it was listed. The next job will notice.",
  changed: "The object has changed since it was listed. The next job will read it again.",
  unreadable: "The object can't be read.",
};

/** The file or object of an image. */
export type Picture = Awaited<ReturnType<typeof openFile>>;

/**
 * Finds the pictures of a catalog.
 * @throws SourceRefused where its folder or bucket is not its tenant's
 * @throws HttpProblem 404 when the source has no pictures
 */
export type PicturesOf = (catalog: CatalogRow) => Promise<Pictures>;

/** The pictures of one catalog. */
export interface Pictures {
  /** Opens the picture of an image. @throws HttpProblem 410 when it is not the listed one any more */
  readonly open: (image: CatalogImage) => Promise<Picture>;
  /** The file of an image, for a process that opens it by itself; null where it is in a bucket. */
  readonly fileOf: (image: CatalogImage) => ListedFile | null;
}

export const picturesIn =
  (allowed: AllowedSources): PicturesOf =>
  async ({ source, tenant }) => {
    switch (source.kind) {
      case "directory": {
        const root = await placeOf(source.root, tenant, allowed);
        const fileOf = ({ path, fingerprint }: CatalogImage): ListedFile => ({ root, path, fingerprint });
        return { open: (image) => openFile(fileOf(image)), fileOf };
      }
      case "s3":
        requireBucket(source.bucket, tenant, allowed);
        return { open: (image) => openObject(source, image), fileOf: () => null };
      case "hashes":
        throw new HttpProblem(404, "no-picture", "This catalog is of hashes: there is no picture to show.");
    }
  };

const openFile = async (listed: ListedFile) => {
  const file = await openListed(listed);
  if ("reason" in file) throw new HttpProblem(410, file.reason, FILE_PROBLEMS[file.reason]);
  const { size } = await file.stat();
  return {
    bytes: size,
    /** Reads an inclusive range of the bytes. The stream closes the picture at its end. */
    read: async (start: number, end: number): Promise<Readable> => createReadStream("", { fd: file, start, end }),
    close: () => file.close(),
  };
};

/** Every read names the ETag, so that another object of the same key is never shown. */
const openObject = async (source: Extract<Source, { kind: "s3" }>, image: CatalogImage): Promise<Picture> => {
  const objects = s3Objects();
  const key = keyOf(source.prefix, image.path);
  const read = (range?: { start: number; end: number }): Promise<Readable> =>
    objects.read(source.bucket, key, image.fingerprint, range).catch(throwProblem);
  return {
    bytes: await objects.size(source.bucket, key, image.fingerprint).catch(throwProblem),
    read: (start, end) => read({ start, end }),
    close: async () => undefined,
  };
};

const throwProblem = (error: unknown): never => {
  throw error instanceof ObjectError ? new HttpProblem(410, error.reason, OBJECT_PROBLEMS[error.reason]) : error;
};
