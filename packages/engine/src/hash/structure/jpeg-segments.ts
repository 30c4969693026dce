/** A segment of a JPEG file (ITU T.81, annex B): a marker and the bytes that belong to it. */
export interface JpegSegment {
  /** Second byte of the marker. */
  readonly marker: number;
  /** Offset of the marker. */
  readonly from: number;
  /** Offset after the segment, which for SOS is where entropy-coded data begin. */
  readonly to: number;
  /** What follows the length. */
  readonly body: Buffer;
}

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
  if (hasNoBody) return { marker, from, to: from + 2, body: file.subarray(0, 0) };
  if (from + 4 > file.length) return null;
  const to = from + 2 + file.readUInt16BE(from + 2);
  return to > file.length || to < from + 4 ? null : { marker, from, to, body: file.subarray(from + 4, to) };
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

/** Whether a segment of application data begins with this mark, by which programs know their own. */
export const hasMark = (body: Buffer, mark: string): boolean => body.toString("latin1", 0, mark.length) === mark;

/** What follows the mark in a JPEG's first application data of this kind; null where there are none, and for another format. */
export const applicationData = (file: Buffer, kind: number, mark: string): Buffer | null => {
  if (!isJpeg(file)) return null;
  for (const { marker, body } of headerSegments(file))
    if (marker === kind && hasMark(body, mark)) return body.subarray(mark.length);
  return null;
};

/** Offset of a JPEG's picture data; null for another format, and where the header is damaged. */
export const dataFrom = (file: Buffer): number | null => {
  if (!isJpeg(file)) return null;
  for (const { marker, to } of headerSegments(file)) if (marker === MARKER.startOfScan) return to;
  return null;
};
