import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import { ProcessEnded } from "@lookalike/shared/runtime/limited-process";
import type { Logger } from "@lookalike/shared/runtime/log";
import { createProcessPool } from "@lookalike/shared/runtime/process-pool";
import { HttpProblem } from "../http/problems.ts";
import { FILE_PROBLEMS } from "../pictures/picture.ts";
import type { DecodeRequest, DecodeResult } from "./decode-child.ts";
import { PICTURE_LIMITS } from "./picture-limits.ts";
import type { ThumbnailSize } from "./thumbnail.ts";

/** Decodes pictures for requests. */
export interface Decoders {
  /** The hash of a file that a request brought, by its path. */
  hash(path: string): Promise<Outcome>;
  /** A smaller picture as WebP. @throws HttpProblem 410 when the file is not the listed one any more, 415 when it can't be decoded */
  thumbnail(file: DecodeRequest["file"], size: ThumbnailSize): Promise<Buffer>;
  close(): Promise<void>;
}

export interface DecoderLimits {
  /** Bytes that a process that decodes pictures may take. */
  readonly memoryBytes: number;
  /** Pixels that are decoded at once, in all processes. */
  readonly pixelsAtOnce: number;
}

/** Decodes in processes within limits, so that no picture takes the API's memory, its time or its life. */
export const createDecoders = (
  { memoryBytes, pixelsAtOnce }: DecoderLimits,
  log: Logger,
  script = new URL("./decode-child.js", import.meta.url),
): Decoders => {
  const { processes, timeoutSeconds } = PICTURE_LIMITS;
  const pool = createProcessPool<DecodeRequest, DecodeResult>({ script, processes, memoryBytes, budget: pixelsAtOnce });
  const run = (request: DecodeRequest): Promise<DecodeResult | ProcessEnded> =>
    pool.run(request, timeoutSeconds * 1_000).catch((error: unknown) => {
      if (!(error instanceof ProcessEnded)) throw error;
      log.warn({ reason: error.reason, output: error.output }, "a picture ended the process that decodes it");
      return error;
    });
  return {
    async hash(path) {
      const result = await run({ file: path, thumbnail: null });
      if (result instanceof ProcessEnded) return failed(result.reason, result.message);
      if (result.kind === "hash") return result.outcome;
      return failed("unreadable", result.kind === "not-decoded" ? result.detail : "it was not stored");
    },
    async thumbnail(file, size) {
      const result = await run({ file, thumbnail: size });
      if (result instanceof ProcessEnded) throw notDecoded(result.message);
      switch (result.kind) {
        case "thumbnail":
          return Buffer.from(result.webp);
        case "not-listed":
          throw new HttpProblem(410, result.reason, FILE_PROBLEMS[result.reason]);
        case "not-decoded":
          throw notDecoded(result.detail);
        case "hash":
          throw new Error("a hash was decoded instead of a thumbnail");
      }
    },
    close: pool.close,
  };
};

export const notDecoded = (detail: string): HttpProblem =>
  new HttpProblem(415, "not-decoded", `The picture can't be decoded: ${detail.slice(0, 200)}`);
