import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { ProcessEnded } from "@lookalike/shared/runtime/limited-process";
import type { Logger } from "@lookalike/shared/runtime/log";
import { createProcessPool } from "@lookalike/shared/runtime/process-pool";
import { s3Objects } from "@lookalike/shared/sources/objects";
import type { z } from "zod";
import type { Environment } from "../environment.ts";
import type { FileRequest } from "./hash-file.ts";
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

/** Decodes and hashes images in processes that a picture may crash, `processes` of them at once. */
export const createDecoders = (
  limits: Limits,
  processes: number,
  log: Logger,
  script = new URL("./decode-child.js", import.meta.url),
) => {
  const timeoutSeconds = limits.LOOKALIKE_IMAGE_TIMEOUT_SECONDS;
  const pool = createProcessPool<FileRequest, Outcome>({
    script,
    processes,
    memoryBytes: limits.LOOKALIKE_DECODER_MEMORY_BYTES,
    budget: limits.LOOKALIKE_PIXELS_IN_FLIGHT,
  });
  const hash = async (file: FileRequest["file"], name: string): Promise<Outcome> => {
    const request = { file, maxPixels: limits.LOOKALIKE_MAX_PIXELS, timeoutSeconds };
    try {
      return await pool.run(request, timeoutSeconds * 1_000);
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      log.warn(
        { image: name, reason: error.reason, output: error.output },
        "a picture ended the process that decodes it",
      );
      return failed(error.reason, error.message);
    }
  };
  return {
    /** @param name of the file, for the log */
    hash,
    async hashListed(source: OpenedSource, image: ListedImage): Promise<Outcome> {
      const file = await fileOf(source, image, limits.LOOKALIKE_MAX_FILE_BYTES);
      return "kind" in file ? file : hash(file, image.path);
    },
    close: pool.close,
  };
};

/**
 * What is hashed: a file, which is read where it is hashed, or bytes that are read over the network.
 * @throws Error where the images of the source are given, and have no files
 */
const fileOf = async (
  source: OpenedSource,
  image: ListedImage,
  maxBytes: number,
): Promise<FileRequest["file"] | Outcome> => {
  switch (source.kind) {
    case "directory":
      return { root: source.place, path: image.path, fingerprint: image.fingerprint, maxBytes };
    case "s3":
      return readListedObject(s3Objects(), source, image, maxBytes);
    case "hashes":
      throw new Error("the images of a hashes source have no files to hash");
  }
};
