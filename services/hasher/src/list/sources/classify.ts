import { open } from "node:fs/promises";
import type { UnlistedClass } from "@lookalike/shared/domain/job/file-counts";
import { READ_FILE } from "@lookalike/shared/sources/folder-handle";

/** The formats that are decoded; HEIC only where heic-decode is installed, and reported where it is not. */
const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif|bmp|jxl)$/i;
const SVG = /\.svgz?$/i;
const DECODED = new Set(["jpg", "png", "apng", "webp", "gif", "tif", "avif", "heic", "bmp", "jxl"]);

/** Camera raw formats; most are TIFF files that hold a small preview, which must not pass for the picture. */
const RAW =
  /^(3fr|ari|arw|bay|cap|cr2|cr3|crw|dcr|dcs|dng|drf|eip|erf|fff|gpr|iiq|k25|kdc|mdc|mef|mos|mrw|nef|nrw|orf|pef|ptx|pxn|r3d|raf|raw|rwl|rw2|rwz|sr2|srf|srw|x3f)$/;
/** Pictures by the extension alone, for files whose content is not recognized. */
const PICTURE = /^(jp2|j2k|jpf|jpx|jpm|psd|psb|xcf|kra|exr|hdr|tga|dds|ico|icns|ppm|pgm|pbm|pnm|pcx|jxr|wdp)$/;
/** Films and sounds, which are too many and too large to be opened for a picture under a wrong name. */
const FILM =
  /^(mov|mp4|m4v|avi|mkv|webm|mts|m2ts|mpe?g|3gp|3g2|wmv|flv|vob|insv|lrv|braw|mp3|m4a|wav|aac|flac|ogg|opus|wma)$/;
/** What cameras, phones and editors write beside a picture of the same name. */
const COMPANION = /^(xmp|aae|json|thm|mov|mp4|wav|dop|pp3|nksc|vrd|cos|on1|arp|exif|lrv)$/;

/** What a file is: an image to list, or why not. */
export type FileClass = "image" | { readonly class: UnlistedClass; readonly detail: string };

/** The extension in lower case; `(none)` where there is none, or something longer that only looks like one. */
const extensionOf = (name: string): string => /[^./]\.([^./\s]{1,12})$/.exec(name)?.[1]?.toLowerCase() ?? "(none)";

/** Whether a file is listed by its name, without looking at its content. */
export const isImageName = (name: string, svg: boolean): boolean => IMAGE.test(name) || (svg && SVG.test(name));

/** The pictures of one folder, by which their companions are recognized. */
export class Companions {
  readonly #names = new Set<string>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      if (!IMAGE.test(name) && !RAW.test(extensionOf(name))) continue;
      const lower = name.toLowerCase();
      this.#names.add(lower);
      this.#names.add(lower.slice(0, lower.lastIndexOf(".")));
    }
  }

  /** Whether a file is named after a picture: IMG_1.xmp, IMG_1.jpg.xmp, and IMG_O1.aae, as iPhones write it. */
  has(name: string): boolean {
    const lower = name.toLowerCase();
    if (!COMPANION.test(extensionOf(lower))) return false;
    // Google writes IMG_1.jpg.supplemental-metadata.json: every beginning that ends before a full stop may be the picture's.
    for (let end = lower.lastIndexOf("."); end > 0; end = lower.lastIndexOf(".", end - 1))
      if (this.#names.has(lower.slice(0, end))) return true;
    return this.#names.has(lower.slice(0, lower.lastIndexOf(".")).replace(/^(img_)[oe]/, "$1"));
  }
}

/** The class of a file whose name and content are known. @param head its first bytes; null = they were not read */
const classOf = async (name: string, head: Buffer | null): Promise<FileClass> => {
  const extension = extensionOf(name);
  const format = head === null ? undefined : await formatOf(head);
  if (RAW.test(extension) && (format === undefined || format === "tif")) return unsupported(rawText(extension));
  if (format === undefined) return PICTURE.test(extension) ? unsupported(extension) : notImage(extension);
  if (DECODED.has(format)) return "image";
  if (RAW.test(format)) return unsupported(rawText(format));
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
