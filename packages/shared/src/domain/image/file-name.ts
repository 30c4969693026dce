import { z } from "zod";

/** Bytes that JSON must carry: base64 outside, Uint8Array inside. */
export const base64Bytes = z.codec(
  z.base64(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => new Uint8Array(Buffer.from(text, "base64")),
    encode: (bytes) => toBase64(bytes),
  },
);

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/**
 * A file name as text. Names are bytes, and not always valid UTF-8: an invalid byte 0xNN becomes
 * the lone surrogate U+DCNN, so that {@link bytesOfName} gives the same bytes back and two names
 * never look alike (PEP 383, "surrogateescape").
 */
export const nameOfBytes = (bytes: Uint8Array): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return escapeInvalid(bytes);
  }
};

const ESCAPED = /[\uDC80-\uDCFF]/u;

/** Inverse of {@link nameOfBytes}. */
export const bytesOfName = (name: string): Uint8Array => {
  if (!ESCAPED.test(name)) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  for (const part of name.split(/([\uDC80-\uDCFF])/u)) {
    const escaped = /^[\uDC80-\uDCFF]$/u.test(part);
    parts.push(escaped ? Buffer.from([part.charCodeAt(0) & 0xff]) : Buffer.from(part, "utf8"));
  }
  return new Uint8Array(Buffer.concat(parts));
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const sequenceLength = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

const escapeInvalid = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const length = sequenceLength(lead);
    try {
      if (length === 0) throw new TypeError("not a lead byte");
      text += strictUtf8.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 | lead);
      at += 1;
    }
  }
  return text;
};
