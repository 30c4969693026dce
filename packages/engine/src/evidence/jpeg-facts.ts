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
  const tables = new Map<number, Uint32Array>();
  for (const { marker, body } of headerSegments(file)) {
    if (marker === DEFINE_TABLES) addTables(body, tables);
    if (!isFrame(marker)) continue;
    const components = componentsOf(body);
    const luma = components?.[0];
    // The tables of some files follow the frame; nothing that people use writes them so.
    const table = luma === undefined ? undefined : tables.get(luma.table);
    if (components === null || table === undefined) return null;
    return { ...nearestQuality(table), chroma: chromaOf(components) };
  }
  return null;
};

const addTables = (body: Buffer, tables: Map<number, Uint32Array>): void => {
  for (let from = 0; from < body.length; ) {
    const kind = byteAt(body, from);
    const bytes = kind >> 4 === 0 ? 1 : 2;
    const end = from + 1 + TABLE_NUMBERS * bytes;
    if (end > body.length) return;
    const first = from + 1;
    tables.set(
      kind & 15,
      Uint32Array.from({ length: TABLE_NUMBERS }, (_, index) => body.readUIntBE(first + index * bytes, bytes)),
    );
    from = end;
  }
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
const SCALED_SUMS = Array.from({ length: 100 }, (_, index) =>
  SCALED.subarray(index * TABLE_NUMBERS, (index + 1) * TABLE_NUMBERS).reduce((sum, step) => sum + step, 0),
);

/** The first of the qualities whose steps differ least from the table's. */
const nearestQuality = (table: Uint32Array): { quality: number; isStandard: boolean } => {
  const sum = table.reduce((total, step) => total + step, 0);
  // Two tables differ at least as much as their sums: of most qualities that says enough.
  const ofSums = SCALED_SUMS.map((scaled) => Math.abs(scaled - sum));
  let quality = 1 + ofSums.indexOf(Math.min(...ofSums));
  let least = differenceFrom(table, quality);
  for (let candidate = 1; candidate <= 100; candidate += 1) {
    if ((ofSums[candidate - 1] as number) > least) continue;
    const difference = differenceFrom(table, candidate);
    if (difference < least || (difference === least && candidate < quality)) [quality, least] = [candidate, difference];
  }
  return { quality, isStandard: least === 0 };
};

const differenceFrom = (table: Uint32Array, quality: number): number => {
  let difference = 0;
  for (let index = 0, from = (quality - 1) * TABLE_NUMBERS; index < TABLE_NUMBERS; index += 1)
    difference += Math.abs(at(table, index) - byteAt(SCALED, from + index));
  return difference;
};

const chromaOf = ([luma, first, second, ...more]: readonly Component[]): ChromaSubsampling => {
  if (first === undefined) return "grey";
  const isColour =
    second !== undefined && more.length === 0 && first.across === second.across && first.down === second.down;
  if (luma === undefined || !isColour || first.across === 0 || first.down === 0) return "other";
  const shared = `${luma.across / first.across}x${luma.down / first.down}`;
  const names: Readonly<Record<string, ChromaSubsampling>> = {
    "1x1": "4:4:4",
    "2x1": "4:2:2",
    "2x2": "4:2:0",
    "1x2": "4:4:0",
    "4x1": "4:1:1",
  };
  return names[shared] ?? "other";
};
