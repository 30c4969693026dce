import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { s3Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { s3Objects } from "@lookalike/shared/sources/objects";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { z } from "zod";
import { type Decoders, notDecoded } from "../decode/decoders.ts";
import { PICTURE_LIMITS } from "../decode/picture-limits.ts";
import type { ThumbnailSize } from "../decode/thumbnail.ts";
import { type Spool, type SpooledFile, TooLarge } from "../spool/spool.ts";
import type { Picture, Pictures, PicturesOf } from "./picture.ts";

/** Where thumbnails are stored. */
export const ThumbnailLocation = z
  .string()
  .refine((location) => location === "" || isAbsolute(location) || s3Source(location) !== null, {
    error: "must be the absolute path of a folder, or s3://bucket/prefix",
  })
  .default("")
  .meta({
    description: "Folder, or s3://bucket/prefix, to store thumbnails in; none = each request creates its thumbnail",
  });

export interface Thumbnails {
  /** An image's thumbnail as WebP. @throws HttpProblem when the picture can't be read or decoded */
  read(catalog: CatalogRow, image: CatalogImage, size: ThumbnailSize): Promise<Buffer>;
  /** Stores a thumbnail that is not stored yet; null where none are stored. @throws HttpProblem as `read` */
  readonly prepare: ((catalog: CatalogRow, image: CatalogImage, size: ThumbnailSize) => Promise<void>) | null;
}

interface ThumbnailParts {
  readonly decoders: Pick<Decoders, "thumbnail">;
  readonly spool: Spool;
  readonly picturesOf: PicturesOf;
}

/** Creates thumbnails, and stores them at `location` under a name that changes with the file. */
export const createThumbnails = (
  location: string,
  { decoders, spool, picturesOf }: ThumbnailParts,
  log: Logger,
): Thumbnails => {
  const ofObject = async (picture: Picture, size: ThumbnailSize): Promise<Buffer> => {
    const copy = await storeObject(spool, picture);
    return decoders.thumbnail(copy.path, size).finally(copy.delete);
  };
  const create = async (pictures: Pictures, image: CatalogImage, size: ThumbnailSize): Promise<Buffer> => {
    const file = pictures.fileOf(image);
    return file === null ? ofObject(await pictures.open(image), size) : decoders.thumbnail(file, size);
  };
  const store = thumbnailStoreAt(location);
  return {
    async read(catalog, image, size) {
      // A stored thumbnail, too, is only of a picture that the tenant may read.
      const pictures = await picturesOf(catalog);
      const name = nameOf(catalog, image, size);
      const stored = await store?.get(name).catch(() => null);
      if (stored != null) return stored;
      const thumbnail = await create(pictures, image, size);
      // Not awaited: the response does not depend on it.
      store
        ?.put(name, thumbnail)
        .catch((error: unknown) => log.warn({ location, err: messageOf(error) }, "thumbnail not stored"));
      return thumbnail;
    },
    prepare:
      store === null
        ? null
        : async (catalog, image, size) => {
            const name = nameOf(catalog, image, size);
            if (!(await store.has(name))) await store.put(name, await create(await picturesOf(catalog), image, size));
          },
  };
};

/** A copy of an object, since the processes that decode have no access to buckets. */
export const storeObject = async (spool: Spool, picture: Picture): Promise<SpooledFile> => {
  const { maxObjectBytes } = PICTURE_LIMITS;
  return spool.store(await picture.read(0, picture.bytes - 1), maxObjectBytes).catch((error: unknown) => {
    throw error instanceof TooLarge ? notDecoded(`it has more than ${maxObjectBytes} bytes`) : error;
  });
};

const nameOf = ({ id }: CatalogRow, { ordinal, fingerprint }: CatalogImage, size: ThumbnailSize): string =>
  `${id}/${ordinal}-${createHash("sha256").update(fingerprint).digest("hex").slice(0, 16)}-${size}.webp`;

const thumbnailStoreAt = (location: string) => {
  if (location === "") return null;
  const source = s3Source(location);
  if (source !== null) {
    const objects = s3Objects();
    const keyOf = (name: string): string => `${source.prefix}${name}`;
    return {
      get: async (name: string) => buffer(await objects.read(source.bucket, keyOf(name), null)),
      has: (name: string): Promise<boolean> =>
        objects.read(source.bucket, keyOf(name), null, { start: 0, end: 0 }).then(
          (object) => {
            object.destroy();
            return true;
          },
          () => false,
        ),
      put: (name: string, bytes: Buffer) => objects.write(source.bucket, keyOf(name), bytes, "image/webp"),
    };
  }
  return {
    get: (name: string) => readFile(join(location, name)),
    has: (name: string): Promise<boolean> =>
      access(join(location, name)).then(
        () => true,
        () => false,
      ),
    async put(name: string, bytes: Buffer) {
      const file = join(location, name);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      // Thumbnails show what other users of the machine may not see. A rename, so that another process that creates the same thumbnail never reads half of it.
      const partial = `${file}.${randomUUID()}`;
      await writeFile(partial, bytes, { mode: 0o600 });
      await rename(partial, file);
    },
  };
};
