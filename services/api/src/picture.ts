import type { FileHandle } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type NotAsListed, openListed } from "@lookalike/shared/files/open-listed";
import type { CatalogRow } from "@lookalike/shared/store/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/images";
import PQueue from "p-queue";
import sharp from "sharp";
import { HttpProblem } from "./problem.ts";

/** Longest side in pixels of the two sizes of thumbnail. */
const THUMBNAIL_PIXELS = { small: 320, large: 1_600 } as const;
export type ThumbnailSize = keyof typeof THUMBNAIL_PIXELS;

const REASONS: Record<NotAsListed, string> = {
  missing: "The file is gone since it was listed. The next job will notice.",
  changed: "The file has changed since it was listed. The next job will read it again.",
  "not-a-regular-file": "There is no regular file under that name any more.",
  "outside-the-source": "A link leads out of the catalog's source.",
  unreadable: "The file can't be read.",
};

/** Opens the picture of an image. @throws HttpProblem 404 where the source has none, 410 where it is another now */
export const openPicture = async ({ source }: CatalogRow, image: CatalogImage): Promise<FileHandle> => {
  if (source.kind !== "directory")
    throw new HttpProblem(404, "no-picture", "This catalog is of hashes: there is no picture to show.");
  const opened = await openListed(source.root, image.path, image.fingerprint);
  if (typeof opened === "string") throw new HttpProblem(410, opened, REASONS[opened]);
  return opened;
};

// Each picture on one thread, as many pictures as there are cores: the page asks for dozens at once.
const decoders = new PQueue({ concurrency: availableParallelism() });

/** A picture made small, as WebP, turned as it is seen. @throws HttpProblem 415 where it can't be decoded */
export const thumbnailOf = (file: FileHandle, size: ThumbnailSize): Promise<Buffer> =>
  decoders.add(async () => {
    try {
      const pixels = THUMBNAIL_PIXELS[size];
      return await sharp(await file.readFile())
        .timeout({ seconds: 30 })
        .autoOrient()
        .resize({ width: pixels, height: pixels, fit: "inside", withoutEnlargement: true })
        .webp({ quality: 80 })
        .toBuffer();
    } catch (error) {
      throw new HttpProblem(
        415,
        "not-decoded",
        `The picture can't be decoded: ${error instanceof Error ? error.message.slice(0, 200) : error}`,
      );
    }
  });
