import { createReadStream } from "node:fs";
import { availableParallelism } from "node:os";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type LibraryDecoder, libraryFormat } from "@lookalike/engine/hash/decode-by-library";
import type { DecodedPixels } from "@lookalike/engine/hash/decode-heic";
import type { Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { keyOf } from "@lookalike/shared/sources/listed-file";
import { ObjectError, s3Objects } from "@lookalike/shared/sources/objects";
import { type ListedFileProblem, openListed } from "@lookalike/shared/sources/open-listed";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import PQueue from "p-queue";
import sharp, { type Sharp } from "sharp";
import { HttpProblem } from "../http/problems.ts";
import { inThread } from "../worker-thread.ts";

/** The longest side of each size of thumbnail, in pixels. */
const THUMBNAIL_PIXELS = { small: 320, large: 1_600 } as const;
export type ThumbnailSize = keyof typeof THUMBNAIL_PIXELS;

const FILE_PROBLEMS: Record<ListedFileProblem["reason"], string> = {
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

/** Opens the picture of an image. @throws HttpProblem 404 when the source has no pictures, 410 when it is not the listed one any more */
export const openPicture = async ({ source }: CatalogRow, image: CatalogImage): Promise<Picture> => {
  switch (source.kind) {
    case "directory":
      return openFile(source.root, image);
    case "s3":
      return openObject(source, image);
    case "hashes":
      throw new HttpProblem(404, "no-picture", "This catalog is of hashes: there is no picture to show.");
  }
};

const openFile = async (root: string, image: CatalogImage) => {
  const file = await openListed({ root, path: image.path, fingerprint: image.fingerprint });
  if ("reason" in file) throw new HttpProblem(410, file.reason, FILE_PROBLEMS[file.reason]);
  const { size } = await file.stat();
  return {
    bytes: size,
    /** Reads an inclusive range of the bytes. The stream closes the picture at its end. */
    read: async (start: number, end: number): Promise<Readable> => createReadStream("", { fd: file, start, end }),
    readAll: (): Promise<Buffer> => file.readFile(),
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
    readAll: async () => buffer(await read()),
    close: async () => undefined,
  };
};

const throwProblem = (error: unknown): never => {
  throw error instanceof ObjectError ? new HttpProblem(410, error.reason, OBJECT_PROBLEMS[error.reason]) : error;
};

/** Decodes HEIC, BMP and JPEG XL in a worker thread, since it would block the event loop for seconds. */
export const decodeIsolated: LibraryDecoder = inThread<Uint8Array, DecodedPixels | null>(
  new URL("./decode-worker.js", import.meta.url),
);

// Each picture takes one thread, and the review page requests dozens of pictures at once.
const decoders = new PQueue({ concurrency: availableParallelism() });

const openImage = async (bytes: Buffer): Promise<Sharp> => {
  const image = sharp(bytes);
  if (libraryFormat(bytes) === null && (await image.metadata()).compression !== "hevc") return image;
  const decoded = await decodeIsolated(bytes);
  if (decoded === null) throw new Error("HEIC: the optional package heic-decode is not installed");
  return sharp(decoded.data, { raw: decoded.raw });
};

/** The picture in a smaller size and upright, as WebP. @throws HttpProblem 415 when it can't be decoded */
export const thumbnailOf = (picture: Picture, size: ThumbnailSize): Promise<Buffer> =>
  decoders.add(async () => {
    const bytes = await picture.readAll();
    try {
      const pixels = THUMBNAIL_PIXELS[size];
      return await (await openImage(bytes))
        .timeout({ seconds: 30 })
        .autoOrient()
        .resize({ width: pixels, height: pixels, fit: "inside", withoutEnlargement: true })
        .webp({ quality: 80 })
        .toBuffer();
    } catch (error) {
      throw new HttpProblem(415, "not-decoded", `The picture can't be decoded: ${messageOf(error).slice(0, 200)}`);
    }
  });
