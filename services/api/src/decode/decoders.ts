import { decodeVerdict, type PairVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
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
  /** What two pictures are to each other. @throws HttpProblem as for a thumbnail */
  verify(first: DecodeRequest["file"], second: DecodeRequest["file"]): Promise<PairVerdict>;
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
    async verify(file, other) {
      const result = await run({ file, thumbnail: null, other });
      if (result instanceof ProcessEnded) throw notDecoded(result.message);
      if (result.kind === "verdict") return decodeVerdict(result.verdict);
      throw problemOf(result);
    },
    async thumbnail(file, size) {
      const result = await run({ file, thumbnail: size });
      if (result instanceof ProcessEnded) throw notDecoded(result.message);
      if (result.kind === "thumbnail") return Buffer.from(result.webp);
      throw problemOf(result);
    },
    close: pool.close,
  };
};

/** Why a file was not decoded to what was requested. */
const problemOf = (result: DecodeResult): Error => {
  if (result.kind === "not-listed") return new HttpProblem(410, result.reason, FILE_PROBLEMS[result.reason]);
  if (result.kind === "not-decoded") return notDecoded(result.detail);
  return new Error(`a ${result.kind} was decoded instead of what was requested`);
};

export const notDecoded = (detail: string): HttpProblem =>
  new HttpProblem(415, "not-decoded", `The picture can't be decoded: ${detail.slice(0, 200)}`);
