/** A segment of a JPEG file (ITU T.81, annex B): a marker and the bytes that belong to it. */
export class JpegSegment {
  readonly #file: Buffer;
  /** Second byte of the marker. */
  readonly marker: number;
  /** Offset of the marker. */
  readonly from: number;
  /** Offset after the segment, which for SOS is where entropy-coded data begin. */
  readonly to: number;

  constructor(file: Buffer, marker: number, from: number, to: number) {
    this.#file = file;
    this.marker = marker;
    this.from = from;
    this.to = to;
  }

  /** What follows the length. Made when it is read, because most readers pass over most segments. */
  get body(): Buffer {
    return this.#file.subarray(Math.min(this.from + HEAD_BYTES, this.to), this.to);
  }

  /** Whether its data begin with this mark, by which programs know their own application data. */
  has(mark: string): boolean {
    const from = this.from + HEAD_BYTES;
    if (from + mark.length > this.to) return false;
    for (let index = 0; index < mark.length; index += 1)
      if (this.#file[from + index] !== mark.charCodeAt(index)) return false;
    return true;
  }

  /** The data after this mark; null where they do not begin with it. */
  dataAfter(mark: string): Buffer | null {
    return this.has(mark) ? this.#file.subarray(this.from + HEAD_BYTES + mark.length, this.to) : null;
  }
}

/** Of a marker and a length. */
const HEAD_BYTES = 4;

export const MARKER = { startOfImage: 0xd8, endOfImage: 0xd9, startOfScan: 0xda } as const;
/** Application data: EXIF and XMP are of the first kind, colour profiles and indexes of several pictures of the second. */
export const APP1 = 0xe1;
export const APP2 = 0xe2;
/** The mark of an index of several pictures (CIPA DC-007). */
export const MULTI_PICTURE_MARK = "MPF\0";
const FIRST_FRAME = 0xc0;
const LAST_FRAME = 0xcf;
/** DHT, JPG and DAC have numbers between those of frames. */
const NOT_FRAMES = [0xc4, 0xc8, 0xcc];
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;

export const isFrame = (marker: number): boolean =>
  marker >= FIRST_FRAME && marker <= LAST_FRAME && !NOT_FRAMES.includes(marker);

export const isRestart = (marker: number): boolean => marker >= FIRST_RESTART && marker <= LAST_RESTART;

export const isJpeg = (file: Buffer, at = 0): boolean =>
  file.length >= at + 3 && file[at] === 0xff && file[at + 1] === MARKER.startOfImage && file[at + 2] === 0xff;

/**
 * The segment at an offset, after any fill bytes (0xff).
 * @returns null where there is no marker, or where the file ends within the segment
 */
export const segmentAt = (file: Buffer, offset: number): JpegSegment | null => {
  let from = offset;
  if (file[from] !== 0xff) return null;
  while (file[from + 1] === 0xff) from += 1;
  const marker = file[from + 1];
  if (marker === undefined || marker === 0) return null;
  const hasNoBody = marker === MARKER.startOfImage || marker === MARKER.endOfImage || isRestart(marker);
  if (hasNoBody) return new JpegSegment(file, marker, from, from + 2);
  if (from + HEAD_BYTES > file.length) return null;
  const to = from + 2 + file.readUInt16BE(from + 2);
  return to > file.length || to < from + HEAD_BYTES ? null : new JpegSegment(file, marker, from, to);
};

/** The segments before the first scan, with that scan's own; it ends early where the file is damaged. */
export function* headerSegments(file: Buffer, start = 0): Generator<JpegSegment> {
  for (let at = start + 2; ; ) {
    const segment = segmentAt(file, at);
    if (segment === null) return;
    yield segment;
    if (segment.marker === MARKER.startOfScan || segment.marker === MARKER.endOfImage) return;
    at = segment.to;
  }
}

/** What follows the mark in a JPEG's first application data of this kind; null where there are none, and for another format. */
export const applicationData = (file: Buffer, kind: number, mark: string): Buffer | null => {
  if (!isJpeg(file)) return null;
  for (const segment of headerSegments(file)) {
    const data = segment.marker === kind ? segment.dataAfter(mark) : null;
    if (data !== null) return data;
  }
  return null;
};

/** Offset of a JPEG's picture data; null for another format, and where the header is damaged. */
export const dataFrom = (file: Buffer): number | null => {
  if (!isJpeg(file)) return null;
  for (const { marker, to } of headerSegments(file)) if (marker === MARKER.startOfScan) return to;
  return null;
};
