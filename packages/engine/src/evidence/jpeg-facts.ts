import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { headerSegments, isFrame, isJpeg } from "../hash/structure/jpeg-segments.ts";

/** How a JPEG was encoded. */
export interface JpegFacts {
  /** The quality 1..100 of libjpeg whose luma table is nearest to the file's. */
  readonly quality: number;
  /** Whether its luma table is exactly the one of that quality: then libjpeg, or a program that uses its tables, wrote it last. */
  readonly isStandard: boolean;
  readonly chroma: ChromaSubsampling;
}

/** How many pixels share one of chroma, as programs name it. */
export const CHROMA_SUBSAMPLINGS = ["grey", "4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "other"] as const;
export type ChromaSubsampling = (typeof CHROMA_SUBSAMPLINGS)[number];

const TABLE_NUMBERS = 64;
const DEFINE_TABLES = 0xdb;

/** Luma steps in zigzag order: ITU T.81, table K.1. */
// biome-ignore format: eight rows of a table.
const STANDARD = Uint8Array.of(
  16, 11, 12, 14, 12, 10, 16, 14,
  13, 14, 18, 17, 16, 19, 24, 40,
  26, 24, 22, 22, 24, 49, 35, 37,
  29, 40, 58, 51, 61, 60, 57, 51,
  56, 55, 64, 72, 92, 78, 64, 68,
  87, 69, 55, 56, 80, 109, 81, 87,
  95, 98, 103, 104, 103, 62, 77, 113,
  121, 112, 100, 120, 92, 101, 103, 99,
);

/** A step of the standard table at a quality, as libjpeg's jpeg_set_quality scales it to 8 bits. */
const scaledStep = (index: number, quality: number): number => {
  const percent = quality < 50 ? Math.floor(5_000 / quality) : 200 - quality * 2;
  return Math.max(1, Math.min(255, Math.floor((byteAt(STANDARD, index) * percent + 50) / 100)));
};

/** The steps of the qualities 1 to 100, one table after another. */
const SCALED = Uint8Array.from({ length: 100 * TABLE_NUMBERS }, (_, index) =>
  scaledStep(index % TABLE_NUMBERS, 1 + Math.floor(index / TABLE_NUMBERS)),
);

/** The facts of a JPEG file's header; null for another format, and where the header lacks a table or a frame. */
export const jpegFacts = (file: Buffer): JpegFacts | null => {
  if (!isJpeg(file)) return null;
  const tables: Buffer[] = [];
  for (const { marker, body } of headerSegments(file)) {
    if (marker === DEFINE_TABLES) tables.push(body);
    if (!isFrame(marker)) continue;
    const components = componentsOf(body);
    const luma = components?.[0];
    // The tables of some files follow the frame; nothing that people use writes them so.
    const table = luma === undefined ? null : tableOf(tables, luma.table);
    if (components === null || table === null) return null;
    return { ...nearestQuality(table), chroma: chromaOf(components) };
  }
  return null;
};

/** The last table of this number in segments of tables. */
const tableOf = (segments: readonly Buffer[], number: number): Uint32Array | null => {
  let found: Uint32Array | null = null;
  for (const body of segments)
    for (let from = 0; from < body.length; ) {
      const kind = byteAt(body, from);
      const bytes = kind >> 4 === 0 ? 1 : 2;
      const first = from + 1;
      from = first + TABLE_NUMBERS * bytes;
      if (from > body.length) break;
      if ((kind & 15) !== number) continue;
      found = new Uint32Array(TABLE_NUMBERS);
      for (let index = 0; index < TABLE_NUMBERS; index += 1)
        found[index] = bytes === 1 ? byteAt(body, first + index) : body.readUInt16BE(first + 2 * index);
    }
  return found;
};

interface Component {
  readonly across: number;
  readonly down: number;
  readonly table: number;
}

const componentsOf = (body: Buffer): Component[] | null => {
  const count = body[5] ?? 0;
  if (count === 0 || body.length < 6 + count * 3) return null;
  return Array.from({ length: count }, (_, index) => {
    const factors = byteAt(body, 7 + index * 3);
    return { across: factors >> 4, down: factors & 15, table: byteAt(body, 8 + index * 3) };
  });
};

/** The sum of the steps of each quality. */
const SCALED_SUMS = Uint32Array.from({ length: 100 }, (_, index) =>
  SCALED.subarray(index * TABLE_NUMBERS, (index + 1) * TABLE_NUMBERS).reduce((sum, step) => sum + step, 0),
);

/** The first of the qualities whose steps differ least from the table's. */
const nearestQuality = (table: Uint32Array): { quality: number; isStandard: boolean } => {
  let sum = 0;
  for (let index = 0; index < TABLE_NUMBERS; index += 1) sum += at(table, index);
  let above = 1;
  let end = SCALED_SUMS.length;
  // The better a quality, the smaller its sum: the first one whose sum is not larger.
  while (above < end) {
    const middle = (above + end) >> 1;
    if (at(SCALED_SUMS, middle - 1) > sum) above = middle + 1;
    else end = middle;
  }
  let quality = above;
  let least = Number.POSITIVE_INFINITY;
  const compare = (candidate: number): void => {
    const difference = differenceFrom(table, candidate);
    if (difference > least || (difference === least && candidate > quality)) return;
    least = difference;
    quality = candidate;
  };
  // Two tables differ at least as much as their sums.
  const isNear = (candidate: number): boolean => Math.abs(at(SCALED_SUMS, candidate - 1) - sum) <= least;
  for (let candidate = above; candidate <= SCALED_SUMS.length && isNear(candidate); candidate += 1) compare(candidate);
  for (let candidate = above - 1; candidate >= 1 && isNear(candidate); candidate -= 1) compare(candidate);
  return { quality, isStandard: least === 0 };
};

const differenceFrom = (table: Uint32Array, quality: number): number => {
  let difference = 0;
  for (let index = 0, from = (quality - 1) * TABLE_NUMBERS; index < TABLE_NUMBERS; index += 1)
    difference += Math.abs(at(table, index) - byteAt(SCALED, from + index));
  return difference;
};

/** By how many luma samples one of chroma has, across and down. */
const CHROMA_NAMES: Readonly<Record<string, ChromaSubsampling>> = {
  "1x1": "4:4:4",
  "2x1": "4:2:2",
  "2x2": "4:2:0",
  "1x2": "4:4:0",
  "4x1": "4:1:1",
};

const chromaOf = ([luma, first, second, ...more]: readonly Component[]): ChromaSubsampling => {
  if (first === undefined) return "grey";
  const isColour =
    second !== undefined && more.length === 0 && first.across === second.across && first.down === second.down;
  if (luma === undefined || !isColour || first.across === 0 || first.down === 0) return "other";
  const shared = `${luma.across / first.across}x${luma.down / first.down}`;
  return CHROMA_NAMES[shared] ?? "other";
};
