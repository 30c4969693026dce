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
export const bytesOfName = (name: string): Buffer => {
  if (!ESCAPED.test(name)) return Buffer.from(name, "utf8");
  const parts = name
    .split(/([\uDC80-\uDCFF])/u)
    .map((part) => (ESCAPED.test(part) ? Buffer.of(part.charCodeAt(0) & 0xff) : Buffer.from(part, "utf8")));
  return Buffer.concat(parts);
};

/** The last name of a path. */
export const fileNameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The folder that a path is in, with a slash at its end; empty for what is in no folder. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of one valid character, each as a character of Latin-1 (RFC 3629, section 4). */
const CHARACTER = [
  "[^\\x80-\\xff]",
  "[\\xc2-\\xdf][\\x80-\\xbf]",
  "\\xe0[\\xa0-\\xbf][\\x80-\\xbf]",
  "\\xed[\\x80-\\x9f][\\x80-\\xbf]",
  "[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}",
  "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}",
  "[\\xf1-\\xf3][\\x80-\\xbf]{3}",
  "\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}",
];
const VALID_OR_NOT = new RegExp(`((?:${CHARACTER.join("|")})+)|[^]`, "g");

const escapeInvalid = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("latin1")
    .replace(VALID_OR_NOT, (byte: string, valid?: string) =>
      valid === undefined ? String.fromCharCode(0xdc00 | byte.charCodeAt(0)) : Buffer.from(valid, "latin1").toString(),
    );
