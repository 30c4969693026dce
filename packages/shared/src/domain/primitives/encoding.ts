import { z } from "zod";

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** Bytes in JSON: base64 on the wire, a Uint8Array in the program. */
export const base64Bytes = z.codec(
  z.base64(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => new Uint8Array(Buffer.from(text, "base64")),
    encode: toBase64,
  },
);

/** A timestamp as PostgreSQL writes it, in ISO 8601. */
export const isoOf = (timestamp: string): string => new Date(timestamp).toISOString();
