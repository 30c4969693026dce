import { decodeByLibrary } from "@lookalike/engine/hash/decode-by-library";
import type { DecodedPixels } from "@lookalike/engine/hash/decode-heic";

/** Runs in a worker thread. @returns null when the optional decoder of HEIC is not installed */
export default (file: Uint8Array): Promise<DecodedPixels | null> => decodeByLibrary(file);
