import { open } from "node:fs/promises";
import { type Companions, extensionOf, IMAGE_NAME, RAW_EXTENSION } from "@lookalike/shared/domain/image/companions";
import type { UnlistedClass } from "@lookalike/shared/domain/job/file-counts";
import { READ_FILE } from "@lookalike/shared/sources/folder-handle";

const SVG = /\.svgz?$/i;
const DECODED = new Set(["jpg", "png", "apng", "webp", "gif", "tif", "avif", "heic", "bmp", "jxl"]);

/** Pictures by the extension alone, for files whose content is not recognized. */
const PICTURE = /^(jp2|j2k|jpf|jpx|jpm|psd|psb|xcf|kra|exr|hdr|tga|dds|ico|icns|ppm|pgm|pbm|pnm|pcx|jxr|wdp)$/;
/** Films and sounds, which are too many and too large to be opened for a picture under a wrong name. */
const FILM =
  /^(mov|mp4|m4v|avi|mkv|webm|mts|m2ts|mpe?g|3gp|3g2|wmv|flv|vob|insv|lrv|braw|mp3|m4a|wav|aac|flac|ogg|opus|wma)$/;

/** What a file is: an image to list, or why not. */
export type FileClass = "image" | { readonly class: UnlistedClass; readonly detail: string };

/** Whether a file is listed by its name, without looking at its content. */
export const isImageName = (name: string, svg: boolean): boolean => IMAGE_NAME.test(name) || (svg && SVG.test(name));

/** The class of a file whose name and content are known. @param head its first bytes; null = they were not read */
const classOf = async (name: string, head: Buffer | null): Promise<FileClass> => {
  const extension = extensionOf(name);
  const format = head === null ? undefined : await formatOf(head);
  if (RAW_EXTENSION.test(extension) && (format === undefined || format === "tif"))
    return unsupported(rawText(extension));
  if (format === undefined) return PICTURE.test(extension) ? unsupported(extension) : notImage(extension);
  if (DECODED.has(format)) return "image";
  if (RAW_EXTENSION.test(format)) return unsupported(rawText(format));
  return PICTURE.test(format) ? unsupported(format) : notImage(extension);
};

const rawText = (format: string): string => `raw (${format.toUpperCase()})`;
const unsupported = (detail: string): FileClass => ({ class: "unsupported", detail });
const notImage = (detail: string): FileClass => ({ class: "not-an-image", detail });

/** The format of a picture by its first bytes, as its usual extension; undefined where it is none, or unknown. */
const formatOf = async (head: Buffer): Promise<string | undefined> => {
  // Loaded by the first file that needs it, because that takes longer than the start of all else here.
  const { fileTypeFromBuffer } = await import("file-type");
  const type = await fileTypeFromBuffer(head);
  if (type?.mime.startsWith("image/") === true) return type.ext;
  // The directory of a TIFF file may be at its end, where file-type does not find it.
  const byteOrder = head.toString("latin1", 0, 4);
  return type === undefined && (byteOrder === "II*\0" || byteOrder === "MM\0*") ? "tif" : undefined;
};

const HEAD_BYTES = 4_100;

/**
 * What a file is that has no image's name. Its content decides, except that films and the companions of a picture
 * are recognized by their names.
 * @throws an error of the file system where the file can't be read
 */
export const classifyFile = async (path: Buffer, name: string, companions: Companions): Promise<FileClass> => {
  const extension = extensionOf(name);
  if (companions.has(name)) return { class: "companion", detail: extension };
  if (FILM.test(extension)) return notImage(extension);
  if (SVG.test(name)) return unsupported("svg (option svg)");
  const file = await open(path, READ_FILE);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return await classOf(name, head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
};

/** What an object is, by its key alone: reading the first bytes of each would be a request for each. */
export const classifyName = async (name: string): Promise<FileClass> => classOf(name, null);
