import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { BLOCK, type HuffmanTable, huffmanTable } from "./huffman.ts";
import type { JpegSegment } from "./jpeg-segments.ts";

/** What is wrong with a picture, found while it is read. */
export class Fault extends Error {}

/** A progressive picture's coefficients are remembered: at most so many blocks, 100 megapixels. */
const MAX_PROGRESSIVE_BLOCKS = 2_500_000;

/** One of a picture's colour components. */
export interface Component {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly quantizer: number;
  /** Size in blocks, and in blocks of whole MCUs, as they are stored. */
  readonly columns: number;
  readonly rows: number;
  readonly stride: number;
  /** Which coefficients are not zero, for refining scans: 64 bytes a block. Empty in a sequential picture. */
  readonly nonZero: Uint8Array;
  prediction: number;
}

export interface Frame {
  readonly isProgressive: boolean;
  readonly mcuColumns: number;
  readonly mcuRows: number;
  readonly components: readonly Component[];
}

export interface Scan {
  readonly components: readonly { component: Component; dc: HuffmanTable | undefined; ac: HuffmanTable | undefined }[];
  readonly first: number;
  readonly last: number;
  readonly isRefining: boolean;
  readonly lowBit: number;
}

/** Adds the tables of a DHT segment. @returns how many there are @throws Fault where there are more than `most` */
export const readTables = (
  body: Buffer,
  dcTables: Map<number, HuffmanTable>,
  acTables: Map<number, HuffmanTable>,
  most: number,
): number => {
  let tables = 0;
  for (let at = 0; at + 17 <= body.length; ) {
    tables += 1;
    if (tables > most) throw new Fault("it has more tables of codes than a picture needs");
    const kind = byteAt(body, at);
    const counts = body.subarray(at + 1, at + 17);
    const symbols = counts.reduce((sum, count) => sum + count, 0);
    const table = huffmanTable(counts, body.subarray(at + 17, at + 17 + symbols));
    if (table === null || at + 17 + symbols > body.length) throw new Fault("a table of its codes is wrong");
    (kind >> 4 === 0 ? dcTables : acTables).set(kind & 15, table);
    at += 17 + symbols;
  }
  return tables;
};

/** Adds the tables of a DQT segment. Of each table only the first number is of use: that of the first coefficient. @throws Fault */
export const readQuantizers = (body: Buffer, quantizers: Map<number, number>): void => {
  for (let at = 0; at < body.length; ) {
    const kind = byteAt(body, at);
    const bytes = kind >> 4 === 0 ? 1 : 2;
    if (at + 1 + BLOCK * bytes > body.length) throw new Fault("a table of its steps is wrong");
    quantizers.set(kind & 15, body.readUIntBE(at + 1, bytes));
    at += 1 + BLOCK * bytes;
  }
};

/** The frame of a SOF segment; null where its size or its samples are of a kind that is not read. @throws Fault */
export const frameOf = ({ marker, body }: JpegSegment, quantizers: ReadonlyMap<number, number>): Frame | null => {
  if (body.length < 6) throw new Fault("its header is wrong");
  if (body[0] !== 8) return null;
  const height = body.readUInt16BE(1);
  const width = body.readUInt16BE(3);
  const count = byteAt(body, 5);
  // A height of 0 is written after the first scan (DNL), which nobody does.
  if (height === 0) return null;
  if (width === 0 || count === 0 || body.length < 6 + count * 3) throw new Fault("its header is wrong");
  const sampling = Array.from({ length: count }, (_, index) => byteAt(body, 7 + index * 3));
  if (sampling.some((factors) => factors >> 4 === 0 || (factors & 15) === 0)) throw new Fault("its header is wrong");
  const maxAcross = Math.max(...sampling.map((factors) => factors >> 4));
  const maxDown = Math.max(...sampling.map((factors) => factors & 15));
  const mcuColumns = Math.ceil(width / (8 * maxAcross));
  const mcuRows = Math.ceil(height / (8 * maxDown));
  const isProgressive = marker === 0xc2;
  const blocks = sampling.reduce((sum, factors) => sum + (factors >> 4) * (factors & 15), 0) * mcuColumns * mcuRows;
  if (isProgressive && blocks > MAX_PROGRESSIVE_BLOCKS) return null;
  const components = sampling.map((factors, index): Component => {
    const across = factors >> 4;
    const down = factors & 15;
    const stored = mcuColumns * across * mcuRows * down;
    return {
      id: byteAt(body, 6 + index * 3),
      across,
      down,
      quantizer: quantizers.get(byteAt(body, 8 + index * 3)) ?? 0,
      columns: Math.ceil((Math.ceil(width / 8) * across) / maxAcross),
      rows: Math.ceil((Math.ceil(height / 8) * down) / maxDown),
      stride: mcuColumns * across,
      nonZero: new Uint8Array(isProgressive ? stored * BLOCK : 0),
      prediction: 0,
    };
  });
  return { isProgressive, mcuColumns, mcuRows, components };
};

/** What a SOS segment says. @throws Fault */
export const scanOf = (
  body: Buffer,
  frame: Frame,
  dcTables: ReadonlyMap<number, HuffmanTable>,
  acTables: ReadonlyMap<number, HuffmanTable>,
): Scan => {
  const count = body[0] ?? 0;
  if (count === 0 || count > 4 || body.length < 4 + count * 2) throw new Fault("the header of a scan is wrong");
  const components = Array.from({ length: count }, (_, index) => {
    const component = frame.components.find(({ id }) => id === body[1 + index * 2]);
    if (component === undefined) throw new Fault("the header of a scan is wrong");
    const tables = byteAt(body, 2 + index * 2);
    return { component, dc: dcTables.get(tables >> 4), ac: acTables.get(tables & 15) };
  });
  const [first, last, bits] = [1, 2, 3].map((more) => byteAt(body, count * 2 + more)) as [number, number, number];
  // Some cameras write other numbers into a sequential scan, where they have no meaning.
  if (!frame.isProgressive) return { components, first: 0, last: 63, isRefining: false, lowBit: 0 };
  if (first > last || last > 63 || (first === 0) !== (last === 0) || (first > 0 && count > 1))
    throw new Fault("the header of a scan is wrong");
  return { components, first, last, isRefining: bits >> 4 !== 0, lowBit: bits & 15 };
};
