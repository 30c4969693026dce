import { posix } from "node:path";

/** Formats that browsers show as pictures and as nothing else. */
const SHOWN_FORMATS: readonly string[] = ["jpeg", "png", "webp", "gif", "avif"];

/**
 * What a browser may do with a file as it is. Its content decides, not its name: an SVG named .jpg may contain scripts, and
 * is only downloaded, as everything that is no picture.
 * @param format what the hasher found in the file; undefined where it found no picture
 */
export const originalHeaders = (path: string, format: string | undefined): Record<string, string> => {
  const isShown = format !== undefined && SHOWN_FORMATS.includes(format);
  return {
    "content-type": isShown ? `image/${format}` : "application/octet-stream",
    "content-disposition": `${isShown ? "inline" : "attachment"}; filename*=UTF-8''${encodedName(path)}`,
    // Whatever a browser takes the file for: nothing in it runs.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  };
};

/** A file's name as RFC 8187 has it. */
const encodedName = (path: string): string =>
  encodeURIComponent(posix.basename(path).toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
