import { failed } from "@lookalike/engine/hash/hash-image";
import { PixelBudget } from "@lookalike/engine/hash/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { s3Objects } from "@lookalike/shared/sources/objects";
import { Piscina } from "piscina";
import type { z } from "zod";
import type { Environment } from "../environment.ts";
import { createDecodeProcess } from "./decode-process.ts";
import type { FileRequest, HashRequest } from "./hash-file.ts";
import { readListedObject } from "./read-listed.ts";

/**
 * Decodes and hashes images.
 * @param concurrentBlocks blocks whose images wait for a thread at the same time
 */
export const createDecoders = (limits: z.infer<typeof Environment>, threads: number, concurrentBlocks: number) => {
  const timeoutSeconds = limits.LOOKALIKE_IMAGE_TIMEOUT_SECONDS;
  const maxBytes = limits.LOOKALIKE_MAX_FILE_BYTES;
  const maxPixels = limits.LOOKALIKE_MAX_PIXELS;
  const pool = new Piscina<HashRequest, Outcome>({
    filename: new URL("./hash-file.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const isolated = createDecodeProcess();
  const pixelBudget = PixelBudget.share(limits.LOOKALIKE_PIXELS_IN_FLIGHT);
  return {
    /** Hashes in a worker thread. */
    async hashFile(source: Source, image: ListedImage): Promise<Outcome> {
      const file = await fileOf(source, image, maxBytes);
      if ("kind" in file) return file;
      // libvips stops itself at the time-out. The signal also ends a thread that hangs in a read.
      const signal = AbortSignal.timeout(timeoutSeconds * 1_000 * (concurrentBlocks + 1));
      const request = { file, maxPixels, timeoutSeconds, pixelBudget, heldPixels: PixelBudget.hold() };
      return pool.run(request, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        // The thread was ended and could not return the pixels that it held.
        new PixelBudget(pixelBudget, request.heldPixels).giveBack();
        return failed("timeout", `not done after ${timeoutSeconds} s`);
      });
    },
    /** Hashes in a separate process, which a picture may crash. */
    async hashIsolated(source: Source, image: ListedImage): Promise<Outcome> {
      const file = await fileOf(source, image, maxBytes);
      return "kind" in file ? file : isolated.hash({ file, maxPixels, timeoutSeconds });
    },
    async close(): Promise<void> {
      await Promise.all([pool.close(), isolated.close()]);
    },
  };
};

/**
 * What is hashed: a file, which is read where it is hashed, or bytes that are read over the network.
 * @throws Error where the images of the source are given, and have no files
 */
const fileOf = async (source: Source, image: ListedImage, maxBytes: number): Promise<FileRequest["file"] | Outcome> => {
  switch (source.kind) {
    case "directory":
      return { root: source.root, path: image.path, fingerprint: image.fingerprint, maxBytes };
    case "s3":
      return readListedObject(s3Objects(), source, image, maxBytes);
    case "hashes":
      throw new Error(`${sourceLabel(source)}: its images have no files to hash`);
  }
};
