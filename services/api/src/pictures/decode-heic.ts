import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DecodedPixels, HeicDecoder } from "@lookalike/engine/hash/decode-heic";
import { Piscina } from "piscina";

const IDLE_MS = 60_000;
const built = new URL("./decode-heic-worker.js", import.meta.url);

let pool: Piscina<Uint8Array, DecodedPixels | null> | undefined;

/** Decodes HEIC apart from the event loop, in a thread that is there while it is needed. */
export const decodeHeicIsolated: HeicDecoder = (file) => {
  // Run from its source, as tests do, it takes the thread that the build has made.
  const filename = existsSync(built) ? built : new URL("../../dist/pictures/decode-heic-worker.js", import.meta.url);
  pool ??= new Piscina({ filename: fileURLToPath(filename), minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS });
  return pool.run(file);
};
