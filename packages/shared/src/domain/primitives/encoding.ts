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

/** A timestamp of the database as every interface writes it: ISO 8601, in UTC. */
export function iso(timestamp: string): string;
export function iso(timestamp: string | null): string | null;
export function iso(timestamp: string | null): string | null {
  return timestamp === null ? null : new Date(timestamp).toISOString();
}
