import { type DecodedPixels, decodeHeic } from "@lookalike/engine/hash/decode-heic";

/** Runs in a worker thread. */
export default (file: Uint8Array): Promise<DecodedPixels | null> => decodeHeic(file);
