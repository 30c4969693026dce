import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { s3Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { s3Objects } from "@lookalike/shared/sources/objects";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { z } from "zod";
import { openPicture, type ThumbnailSize, thumbnailOf } from "./picture.ts";

/** Where thumbnails are kept once they were made. */
export const ThumbnailLocation = z
  .string()
  .refine((place) => place === "" || isAbsolute(place) || s3Source(place) !== null, {
    error: "must be the absolute path of a folder, or s3://bucket/prefix",
  })
  .default("")
  .meta({ description: "Folder, or s3://bucket/prefix, to keep thumbnails in; none = made anew each time" });

/** Gives an image's thumbnail as WebP. @throws HttpProblem where the picture can't be had or decoded */
export type Thumbnails = (catalog: CatalogRow, image: CatalogImage, size: ThumbnailSize) => Promise<Buffer>;

interface ThumbnailStore {
  get(name: string): Promise<Buffer>;
  put(name: string, bytes: Buffer): Promise<void>;
}

/** Makes thumbnails, and keeps them at `place` under a name that changes with the file. */
export const createThumbnails = (place: string, log: Logger): Thumbnails => {
  const store = thumbnailStoreAt(place);
  return async (catalog, image, size) => {
    const name = nameOf(catalog, image, size);
    const kept = await store?.get(name).catch(() => null);
    if (kept != null) return kept;
    const picture = await openPicture(catalog, image);
    const thumbnail = await thumbnailOf(picture, size).finally(() => picture.close());
    // Not waited for: whoever looks at the picture does not care that it is kept.
    store
      ?.put(name, thumbnail)
      .catch((error: unknown) => log.warn({ place, err: messageOf(error) }, "thumbnail not kept"));
    return thumbnail;
  };
};

const nameOf = ({ id }: CatalogRow, { ordinal, fingerprint }: CatalogImage, size: ThumbnailSize): string =>
  `${id}/${ordinal}-${createHash("sha256").update(fingerprint).digest("hex").slice(0, 16)}-${size}.webp`;

const thumbnailStoreAt = (place: string): ThumbnailStore | null => {
  if (place === "") return null;
  const source = s3Source(place);
  if (source !== null) {
    const objects = s3Objects();
    const keyOf = (name: string): string => `${source.prefix}${name}`;
    return {
      get: async (name) => buffer(await objects.read(source.bucket, keyOf(name), null)),
      put: (name, bytes) => objects.write(source.bucket, keyOf(name), bytes, "image/webp"),
    };
  }
  return {
    get: (name) => readFile(join(place, name)),
    async put(name, bytes) {
      const file = join(place, name);
      await mkdir(dirname(file), { recursive: true });
      // Whole or not at all, whoever else makes the same one now.
      const partial = `${file}.${randomUUID()}`;
      await writeFile(partial, bytes);
      await rename(partial, file);
    },
  };
};
