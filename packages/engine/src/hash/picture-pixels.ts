/**
 * The pixels of a picture from which all its hashes and features are computed: the working picture of docs/hash-format.md. The long side
 * has at most 512 pixels; a smaller picture has its own size. It is turned as its EXIF orientation says, and no colour profile is applied.
 */
export interface PicturePixels {
  /** Size of the working picture. */
  readonly width: number;
  readonly height: number;
  /** Luma (Rec. 601, full range 0..255) of the working picture, row by row. */
  readonly luma: Uint8Array;
  /** Mean Cb and Cr (Rec. 601, 128 = grey) of CHROMA_SIDE x CHROMA_SIDE cells over the whole picture, row by row. */
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
  /** Size of the whole picture as it is seen. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** The most pixels that the long side of the working picture has. */
export const WORKING_SIDE = 512;

/** Width and height of the luma that the hashes of the whole picture are of, whatever the aspect ratio. */
export const SMALL_SIDE = 128;

/** Cells of chroma in a row and in a column, whatever the aspect ratio. */
export const CHROMA_SIDE = 16;
