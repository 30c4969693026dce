import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { BLOCK, type HuffmanTable, ScanBits } from "./huffman.ts";
import { isFrame, isRestart, MARKER, segmentAt } from "./jpeg-segments.ts";
import { Fault, type Frame, frameOf, readQuantizers, readTables, type Scan, scanOf } from "./jpeg-tables.ts";

/** What reading all of a JPEG file's picture data found. */
export interface ScansFound {
  /** What is wrong; null = every block of the picture is there, and nothing else. */
  readonly fault: string | null;
  /** The part of the picture, 0..1, that was read before the first fault: of the first scan, which shows all of it. */
  readonly intact: number;
}

const DHT = 0xc4;
const DQT = 0xdb;
const DRI = 0xdd;
/** More tables of codes than any encoder writes: each one costs far more to read than its 17 bytes. */
const MAX_TABLES = 1_000;
/** How often the scans of a picture may visit a block. Encoders do it six times, and a scan may say in two bytes that 32,767 blocks are empty. */
const MAX_VISITS_PER_BLOCK = 32;
/** The largest mean of 8 x 8 samples times 8, which is what the first coefficient is; rounding adds a step. */
const MAX_DC = 1024;

/**
 * Reads the Huffman codes of a JPEG file from its first to its last block, as a decoder does, but without making a
 * picture. Decoders pass over most wrong codes: after a few they are in step again, with too few blocks or too many. So what
 * is checked is that the codes are valid, and that each scan ends exactly where its last block does.
 * @param start offset of the picture in the file
 * @returns null where the picture is not coded so: arithmetic, lossless, hierarchical, 12 bits
 */
export const readScans = (file: Buffer, start = 0): ScansFound | null => {
  const dcTables = new Map<number, HuffmanTable>();
  const acTables = new Map<number, HuffmanTable>();
  const quantizers = new Map<number, number>();
  let restartInterval = 0;
  let frame: Frame | null = null;
  let scans = 0;
  let intact = 0;
  let tables = 0;
  let visits = 0;
  try {
    for (let offset = start + 2; ; ) {
      const segment = segmentAt(file, offset);
      if (segment === null) throw new Fault(offset >= file.length ? "its end is missing" : "a marker is missing");
      const { marker, body } = segment;
      offset = segment.to;
      if (marker === MARKER.endOfImage) {
        if (frame === null || scans === 0) throw new Fault("it has no picture");
        return { fault: null, intact: 1 };
      }
      if (marker === DHT) tables += readTables(body, dcTables, acTables, MAX_TABLES - tables);
      else if (marker === DQT) readQuantizers(body, quantizers);
      else if (marker === DRI) restartInterval = body.length < 2 ? 0 : body.readUInt16BE(0);
      else if (isFrame(marker)) {
        if (marker > 0xc2) return null;
        frame = frameOf(segment, quantizers);
        if (frame === null) return null;
      } else if (marker === MARKER.startOfScan) {
        if (frame === null) throw new Fault("its picture has no size");
        const scan = scanOf(body, frame, dcTables, acTables);
        const reader = new ScanReader(file, offset, frame, scan, restartInterval);
        visits += reader.totalUnits;
        if (visits > MAX_VISITS_PER_BLOCK * blocksOf(frame)) throw new Fault("it has more scans than a picture needs");
        try {
          offset = reader.readAll();
        } finally {
          if (scans === 0) intact = reader.share;
        }
        scans += 1;
      }
    }
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message, intact };
    throw error;
  }
};

const blocksOf = ({ components }: Frame): number =>
  components.reduce((sum, { columns, rows }) => sum + columns * rows, 0);

/** Reads one scan. */
class ScanReader {
  readonly #bits: ScanBits;
  readonly #frame: Frame;
  readonly #scan: Scan;
  readonly #restartInterval: number;
  /** Blocks that are still zero by the last end-of-band run. */
  #zeroRun = 0;
  #units = 0;
  /** MCUs, or blocks where the scan has one component. */
  readonly totalUnits: number;

  constructor(file: Buffer, from: number, frame: Frame, scan: Scan, restartInterval: number) {
    this.#bits = new ScanBits(file, from);
    this.#frame = frame;
    this.#scan = scan;
    this.#restartInterval = restartInterval;
    const [only] = scan.components;
    this.totalUnits =
      scan.components.length === 1 && only !== undefined
        ? only.component.columns * only.component.rows
        : frame.mcuColumns * frame.mcuRows;
  }

  /** The part of the scan that was read, 0..1. */
  get share(): number {
    return this.#units / this.totalUnits;
  }

  /** @returns the offset of the marker after the scan */
  readAll(): number {
    const { components } = this.#scan;
    const [only] = components;
    for (const { component } of components) component.prediction = 0;
    let restarts = 0;
    for (; this.#units < this.totalUnits; this.#units += 1) {
      if (this.#restartInterval > 0 && this.#units > 0 && this.#units % this.#restartInterval === 0) {
        this.#restart(restarts);
        restarts += 1;
      }
      if (components.length === 1 && only !== undefined) {
        const { component } = only;
        const row = Math.floor(this.#units / component.columns);
        this.#block(only, row * component.stride + (this.#units % component.columns));
      } else this.#mcu();
      if (this.#bits.overrun > 0)
        throw new Fault(this.#bits.isAtEndOfFile ? "its end is missing" : "picture data are missing");
    }
    this.#finishInterval();
    return this.#bits.offset;
  }

  #mcu(): void {
    const column = this.#units % this.#frame.mcuColumns;
    const row = Math.floor(this.#units / this.#frame.mcuColumns);
    for (const part of this.#scan.components) {
      const { across, down, stride } = part.component;
      for (let y = 0; y < down; y += 1)
        for (let x = 0; x < across; x += 1) this.#block(part, (row * down + y) * stride + column * across + x);
    }
  }

  #restart(number: number): void {
    this.#finishInterval();
    const marker = this.#bits.marker();
    if (marker === null || !isRestart(marker) || (marker & 7) !== (number & 7))
      throw new Fault(this.#bits.isAtEndOfFile ? "its end is missing" : "a restart marker is missing");
    this.#zeroRun = 0;
    for (const { component } of this.#scan.components) component.prediction = 0;
  }

  /** The data of an interval end with its last block: what is left may only be filling. */
  #finishInterval(): void {
    if (this.#zeroRun > 0) throw new Fault("picture data do not fit the picture's size");
    const left = this.#bits.skipToMarker();
    if (left > 0) throw new Fault(`${left} bytes of picture data too many`);
  }

  #block(part: Scan["components"][number], block: number): void {
    const { first, last, isRefining } = this.#scan;
    if (!this.#frame.isProgressive) {
      this.#firstCoefficient(part);
      if (part.ac === undefined) throw new Fault("a table of its codes is missing");
      if (!this.#bits.skipCoefficients(part.ac)) throw new Fault("a code in its picture data is wrong");
    } else if (first === 0) {
      if (isRefining) this.#bits.read(1);
      else this.#firstCoefficient(part);
    } else if (isRefining) this.#refine(part, block, first, last);
    else this.#band(part, block, first, last);
  }

  #firstCoefficient({ component, dc }: Scan["components"][number]): void {
    if (dc === undefined) throw new Fault("a table of its codes is missing");
    const size = this.#bits.symbol(dc);
    if (size < 0 || size > 11) throw new Fault("a code in its picture data is wrong");
    component.prediction += this.#bits.coefficient(size);
    const value = Math.abs(component.prediction << this.#scan.lowBit) * component.quantizer;
    if (value > MAX_DC + (component.quantizer << this.#scan.lowBit) + 8)
      throw new Fault("its picture data are out of range");
  }

  /** The first scan of a band of coefficients (ITU T.81, G.1.2.2). */
  #band({ component, ac }: Scan["components"][number], block: number, first: number, last: number): void {
    if (this.#zeroRun > 0) {
      this.#zeroRun -= 1;
      return;
    }
    if (ac === undefined) throw new Fault("a table of its codes is missing");
    for (let index = first; index <= last; index += 1) {
      const symbol = this.#bits.symbol(ac);
      if (symbol < 0) throw new Fault("a code in its picture data is wrong");
      const run = symbol >> 4;
      const size = symbol & 15;
      if (size === 0 && run < 15) {
        this.#zeroRun = (1 << run) - 1 + this.#bits.read(run);
        return;
      }
      index += run;
      if (index > last) throw new Fault("a code in its picture data is wrong");
      if (size === 0) continue;
      this.#bits.read(size);
      component.nonZero[block * BLOCK + index] = 1;
    }
  }

  /** A scan that refines a band (ITU T.81, G.1.2.3): each coefficient that is not zero has one more bit. */
  #refine({ component, ac }: Scan["components"][number], block: number, first: number, last: number): void {
    const { nonZero } = component;
    const from = block * BLOCK;
    let index = first;
    if (this.#zeroRun === 0) {
      if (ac === undefined) throw new Fault("a table of its codes is missing");
      for (; index <= last; index += 1) {
        const symbol = this.#bits.symbol(ac);
        if (symbol < 0) throw new Fault("a code in its picture data is wrong");
        let run = symbol >> 4;
        const size = symbol & 15;
        if (size > 1) throw new Fault("a code in its picture data is wrong");
        if (size === 0 && run < 15) {
          this.#zeroRun = (1 << run) + this.#bits.read(run);
          break;
        }
        if (size === 1) this.#bits.read(1);
        for (; index <= last; index += 1) {
          if (byteAt(nonZero, from + index) === 1) this.#bits.read(1);
          else if (run === 0) break;
          else run -= 1;
        }
        if (index > last) {
          if (size === 1) throw new Fault("a code in its picture data is wrong");
          break;
        }
        if (size === 1) nonZero[from + index] = 1;
      }
    }
    if (this.#zeroRun > 0) {
      for (; index <= last; index += 1) if (byteAt(nonZero, from + index) === 1) this.#bits.read(1);
      this.#zeroRun -= 1;
    }
  }
}
