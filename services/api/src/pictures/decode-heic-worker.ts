import { type DecodedPixels, decodeHeic } from "@lookalike/engine/hash/decode-heic";

/** Runs in a worker thread. @returns null when the optional decoder is not installed */
export default (file: Uint8Array): Promise<DecodedPixels | null> => decodeHeic(file);
