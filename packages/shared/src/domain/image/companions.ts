/** Names of the formats that are decoded; HEIC only where heic-decode is installed, and reported where it is not. */
export const IMAGE_NAME = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif|bmp|jxl)$/i;
/** Extensions of camera raw formats; most are TIFF files that hold a small preview, which must not pass for the picture. */
export const RAW_EXTENSION =
  /^(3fr|ari|arw|bay|cap|cr2|cr3|crw|dcr|dcs|dng|drf|eip|erf|fff|gpr|iiq|k25|kdc|mdc|mef|mos|mrw|nef|nrw|orf|pef|ptx|pxn|r3d|raf|raw|rwl|rw2|rwz|sr2|srf|srw|x3f)$/;
/** What cameras, phones and editors write beside a picture of the same name. */
const COMPANION = /^(xmp|aae|json|thm|mov|mp4|wav|dop|pp3|nksc|vrd|cos|on1|arp|exif|lrv)$/;
/** Companions that are recordings themselves, not something said about one. */
const RECORDING = /^(mov|mp4|wav|lrv)$/;

/** The extension in lower case; `(none)` where there is none, or something longer that only looks like one. */
export const extensionOf = (name: string): string =>
  /[^./]\.([^./\s]{1,12})$/.exec(name)?.[1]?.toLowerCase() ?? "(none)";

/** Whether a file is a raw picture, by its name. */
export const isRawName = (name: string): boolean => RAW_EXTENSION.test(extensionOf(name));

/** Whether a file beside a picture is a recording: a film, a sound, a raw file. */
export const isRecording = (name: string): boolean => isRawName(name) || RECORDING.test(extensionOf(name));

const stemOf = (name: string): string => name.slice(0, name.lastIndexOf("."));

/** The pictures of one folder, by which their companions are recognized. */
export class Companions {
  /** Names of pictures, by each beginning that a companion's name may have, in lower case. */
  readonly #pictures = new Map<string, string[]>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      if (!IMAGE_NAME.test(name) && !isRawName(name)) continue;
      const lower = name.toLowerCase();
      for (const beginning of [lower, stemOf(lower)])
        this.#pictures.set(beginning, [...(this.#pictures.get(beginning) ?? []), name]);
    }
  }

  /** Whether a file is named after a picture: IMG_1.xmp, IMG_1.jpg.xmp, and IMG_O1.aae, as iPhones write it. */
  has(name: string): boolean {
    return COMPANION.test(extensionOf(name)) && this.picturesOf(name).length > 0;
  }

  /** The pictures that a companion, or a raw file, is named after: for IMG_1.xmp all of that name, for IMG_1.jpg.xmp one. */
  picturesOf(name: string): readonly string[] {
    const lower = name.toLowerCase();
    const extension = extensionOf(lower);
    if (RAW_EXTENSION.test(extension)) return this.#named(stemOf(lower)).filter((picture) => IMAGE_NAME.test(picture));
    if (!COMPANION.test(extension)) return [];
    // Google writes IMG_1.jpg.supplemental-metadata.json: every beginning that ends before a full stop may be the picture's.
    for (let end = lower.lastIndexOf("."); end > 0; end = lower.lastIndexOf(".", end - 1)) {
      const pictures = this.#named(lower.slice(0, end));
      if (pictures.length > 0) return pictures;
    }
    return this.#named(stemOf(lower).replace(/^(img_)[oe]/, "$1"));
  }

  #named(beginning: string): readonly string[] {
    return this.#pictures.get(beginning) ?? [];
  }
}

/**
 * What a picture's companion would be called beside another picture, in lower case; null where its name is not built so.
 * @param companion named after `picture`: IMG_1.xmp or IMG_1.jpg.xmp
 */
export const companionBeside = (companion: string, picture: string, other: string): string | null => {
  const [name, of, beside] = [companion.toLowerCase(), picture.toLowerCase(), other.toLowerCase()];
  if (name.startsWith(`${of}.`)) return beside + name.slice(of.length);
  return name.startsWith(`${stemOf(of)}.`) ? stemOf(beside) + name.slice(stemOf(of).length) : null;
};
