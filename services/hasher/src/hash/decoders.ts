import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { ProcessEnded } from "@lookalike/shared/runtime/limited-process";
import type { Logger } from "@lookalike/shared/runtime/log";
import { createProcessPool } from "@lookalike/shared/runtime/process-pool";
import { s3Objects } from "@lookalike/shared/sources/objects";
import PQueue from "p-queue";
import type { z } from "zod";
import type { Environment } from "../environment.ts";
import { FileBatches } from "./file-batches.ts";
import type { HashedFile, HashRequest } from "./hash-file.ts";
import type { OpenedSource } from "./open-source.ts";
import { readListedObject } from "./read-listed.ts";

type Limits = Pick<
  z.infer<typeof Environment>,
  | "LOOKALIKE_DECODER_MEMORY_BYTES"
  | "LOOKALIKE_IMAGE_TIMEOUT_SECONDS"
  | "LOOKALIKE_MAX_FILE_BYTES"
  | "LOOKALIKE_MAX_PIXELS"
  | "LOOKALIKE_PIXELS_IN_FLIGHT"
>;

/** Larger files take so long that a message of their own costs little. */
const SMALL_BYTES = 262_144;
/** Small files that are hashed for one message to a process. */
export const FILES_PER_REQUEST = 16;

/** Processes that decode so many pictures at once: an additional one reads its file meanwhile. */
export const decodersFor = (pictures: number): number => pictures + 1;

/** Decodes and hashes images in processes that a picture may crash, `processes` of them at once. */
export const createDecoders = (
  limits: Limits,
  processes: number,
  log: Logger,
  script = new URL("./decode-child.js", import.meta.url),
) => {
  const timeoutSeconds = limits.LOOKALIKE_IMAGE_TIMEOUT_SECONDS;
  const pool = createProcessPool<HashRequest, Outcome[]>({
    script,
    processes,
    memoryBytes: limits.LOOKALIKE_DECODER_MEMORY_BYTES,
    budget: limits.LOOKALIKE_PIXELS_IN_FLIGHT,
  });
  const hashFiles = (files: readonly HashedFile[]): Promise<Outcome[]> =>
    pool.run({ files, maxPixels: limits.LOOKALIKE_MAX_PIXELS, timeoutSeconds }, timeoutSeconds * 1_000);
  const batches = new FileBatches(hashFiles, processes, FILES_PER_REQUEST);
  // An object is in memory from when it is read until it is hashed.
  const objects = new PQueue({ concurrency: processes });

  const hash = async (file: HashedFile, name: string): Promise<Outcome> => {
    try {
      const [outcome] = await hashFiles([file]);
      if (outcome === undefined) throw new Error(`${name}: its process sent no outcome`);
      return outcome;
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      log.warn(
        { image: name, reason: error.reason, output: error.output },
        "a picture ended the process that decodes it",
      );
      return failed(error.reason, error.message);
    }
  };
  /** Which file of a batch ended its process is not known, so each of them is hashed again by itself. */
  const hashSmall = (file: HashedFile, name: string): Promise<Outcome> =>
    batches.add(file).catch((error: unknown) => {
      if (error instanceof ProcessEnded) return hash(file, name);
      throw error;
    });
  return {
    /** @param name of the file, for the log */
    hash,
    /**
     * @param features that are taken from the picture, at most
     * @throws Error where the images of the source are given, and have no files
     */
    async hashListed(source: OpenedSource, image: ListedImage, features: number): Promise<Outcome> {
      const { path, fingerprint, bytes } = image;
      const maxBytes = limits.LOOKALIKE_MAX_FILE_BYTES;
      switch (source.kind) {
        case "directory": {
          const file = { content: { root: source.place, path, fingerprint, maxBytes }, features };
          return bytes !== null && bytes <= SMALL_BYTES ? hashSmall(file, path) : hash(file, path);
        }
        case "s3":
          return objects.add(async () => {
            const object = await readListedObject(s3Objects(), source, image, maxBytes);
            return "kind" in object ? object : hash({ content: object, features }, path);
          });
        case "hashes":
          throw new Error("the images of a hashes source have no files to hash");
      }
    },
    close: pool.close,
  };
};
