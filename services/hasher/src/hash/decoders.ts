import type { PictureView } from "@lookalike/engine/verify/picture-view";
import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { ProcessEnded } from "@lookalike/shared/runtime/limited-process";
import type { Logger } from "@lookalike/shared/runtime/log";
import { createProcessPool } from "@lookalike/shared/runtime/process-pool";
import { s3Objects } from "@lookalike/shared/sources/objects";
import PQueue from "p-queue";
import type { z } from "zod";
import type { Environment } from "../environment.ts";
import type { VerifyRequest, ViewRequest } from "../verify/verify-views.ts";
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

/** What a process is sent, each with a result of its own. */
export type DecodeRequest = HashRequest | ViewRequest | VerifyRequest;
export type DecodeResult = Outcome[] | PictureView | null | Uint8Array[];

/** Decodes and hashes images in processes that a picture may crash, `processes` of them at once. */
export const createDecoders = (
  limits: Limits,
  processes: number,
  log: Logger,
  script = new URL("./decode-child.js", import.meta.url),
) => {
  const timeoutSeconds = limits.LOOKALIKE_IMAGE_TIMEOUT_SECONDS;
  const pool = createProcessPool<DecodeRequest, DecodeResult>({
    script,
    processes,
    memoryBytes: limits.LOOKALIKE_DECODER_MEMORY_BYTES,
    budget: limits.LOOKALIKE_PIXELS_IN_FLIGHT,
  });
  const run = (request: DecodeRequest): Promise<DecodeResult> => pool.run(request, timeoutSeconds * 1_000);
  const maxPixels = limits.LOOKALIKE_MAX_PIXELS;
  const hashFiles = async (files: readonly HashedFile[]): Promise<Outcome[]> =>
    (await run({ files, maxPixels, timeoutSeconds })) as Outcome[];
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
  /** @returns null where the picture, or one of the pictures, ends the process */
  const orNull = async <Result>(name: string, result: Promise<Result>): Promise<Result | null> => {
    try {
      return await result;
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      const { reason, output } = error;
      log.warn({ image: name, reason, output }, "a picture ended the process that verifies it");
      return null;
    }
  };
  const view = async (content: HashedFile["content"], contentDigest: Uint8Array, name: string) => {
    const request = { view: content, contentDigest, maxPixels, timeoutSeconds };
    return (await orNull(name, run(request))) as PictureView | null;
  };
  /** The encoded verdict about the first picture and each other one; null where one of them ends its process. */
  const verifyViews = async (first: PictureView, others: readonly PictureView[]): Promise<(Uint8Array | null)[]> => {
    const together = (await orNull("pairs", run({ first, others }))) as Uint8Array[] | null;
    if (together !== null || others.length === 1) return together ?? [null];
    // Which pair ended the process is not known, so each is verified by itself.
    return (await Promise.all(others.map((other) => verifyViews(first, [other])))).flat();
  };
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
    /**
     * What verification needs of a picture; null where its file can't be read any more, or has another content.
     * @throws Error where the images of the source are given, and have no files
     */
    async viewListed(source: OpenedSource, image: ListedImage, contentDigest: Uint8Array): Promise<PictureView | null> {
      const { path, fingerprint } = image;
      const maxBytes = limits.LOOKALIKE_MAX_FILE_BYTES;
      switch (source.kind) {
        case "directory":
          return view({ root: source.place, path, fingerprint, maxBytes }, contentDigest, path);
        case "s3":
          return objects.add(async () => {
            const object = await readListedObject(s3Objects(), source, image, maxBytes);
            return "kind" in object ? null : view(object, contentDigest, path);
          });
        case "hashes":
          throw new Error("the images of a hashes source have no files to verify");
      }
    },
    verifyViews,
    close: pool.close,
  };
};
