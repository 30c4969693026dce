/**
 * A file name as text. Names are bytes, and not always valid UTF-8: an invalid byte 0xNN becomes
 * the lone surrogate U+DCNN, so that {@link bytesOfName} returns the same bytes again and two names
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
    const isEscaped = /^[\uDC80-\uDCFF]$/u.test(part);
    parts.push(isEscaped ? Buffer.from([part.charCodeAt(0) & 0xff]) : Buffer.from(part, "utf8"));
  }
  return new Uint8Array(Buffer.concat(parts));
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many bytes a character has, by its first one; 0 = no character starts with it. */
const sequenceLength = (lead: number): number => {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
};

const escapeInvalid = (bytes: Uint8Array): string => {
  let text = "";
  let end = 0;
  for (const [index, lead] of bytes.entries()) {
    if (index < end) continue;
    const character = decodeCharacter(bytes.subarray(index, index + sequenceLength(lead)));
    text += character ?? String.fromCharCode(0xdc00 | lead);
    end = index + (character === null ? 1 : sequenceLength(lead));
  }
  return text;
};

/** Null when the bytes are not one valid character. */
const decodeCharacter = (bytes: Uint8Array): string | null => {
  if (bytes.length === 0) return null;
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
};
