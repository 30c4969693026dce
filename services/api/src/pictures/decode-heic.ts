import type { DecodedPixels, HeicDecoder } from "@lookalike/engine/hash/decode-heic";
import { inThread } from "../worker-thread.ts";

/** Decodes HEIC in a worker thread, since it would block the event loop for seconds. */
export const decodeHeicIsolated: HeicDecoder = inThread<Uint8Array, DecodedPixels | null>(
  new URL("./decode-heic-worker.js", import.meta.url),
);
