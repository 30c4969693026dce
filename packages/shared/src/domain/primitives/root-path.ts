const FILE_URL = "file://";
/** Bytes that a file URL contains as they are (RFC 3986, section 2.3), and the slash. */
const PLAIN = /[A-Za-z0-9/._~-]/;

/**
 * The path of a source's root as bytes. A root is a path, or a file URL (RFC 8089) where the path is not valid UTF-8, which
 * neither JSON nor PostgreSQL can hold.
 */
export const rootBytes = (root: string): Buffer => {
  if (!root.startsWith(FILE_URL)) return Buffer.from(root);
  const escaped = Buffer.from(root.slice(FILE_URL.length)).toString("latin1");
  const path = escaped.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(path, "latin1");
};

/** Inverse of {@link rootBytes}: the path itself where that is valid UTF-8. */
export const rootOfBytes = (path: Buffer): string => {
  const text = path.toString("utf8");
  return Buffer.from(text).equals(path) ? text : fileUrlOf(path);
};

/** The file URL of a path. */
export const fileUrlOf = (path: Buffer): string => {
  const escaped = path
    .toString("latin1")
    .replace(/[\s\S]/g, (byte) =>
      PLAIN.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
    );
  return `${FILE_URL}${escaped}`;
};
