import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

/** Codes have up to 16 bits; most have at most 10, and a table of these fits a processor's first cache. */
const CODE_BITS = 16;
const SHORT_BITS = 10;
/** Coefficients of a block. */
export const BLOCK = 64;

/** Huffman codes by the word that they begin: the code's length times 256, plus its symbol; 0 where there is none. */
export interface HuffmanTable {
  /** By words of 10 bits; 0 also where the code is longer. */
  readonly short: Int32Array;
  /** By words of 16 bits. */
  readonly long: Int32Array;
}

/**
 * Huffman codes of a JPEG file (ITU T.81, annex C).
 * @param counts how many codes there are of 1 … 16 bits
 * @returns null where there are more codes than these lengths allow
 */
export const huffmanTable = (counts: Uint8Array, symbols: Uint8Array): HuffmanTable | null => {
  const long = new Int32Array(1 << CODE_BITS);
  let word = 0;
  let symbol = 0;
  for (let bits = 1; bits <= CODE_BITS; bits += 1)
    for (let count = byteAt(counts, bits - 1); count > 0; count -= 1) {
      const next = word + (1 << (CODE_BITS - bits));
      if (next > long.length) return null;
      long.fill(bits * 256 + byteAt(symbols, symbol), word, next);
      word = next;
      symbol += 1;
    }
  const short = Int32Array.from({ length: 1 << SHORT_BITS }, (_, index) => {
    const entry = at(long, index << (CODE_BITS - SHORT_BITS));
    return entry >>> 8 <= SHORT_BITS ? entry : 0;
  });
  return { short, long };
};

/**
 * Reads the bits of one scan's entropy-coded data, without the stuffed zero bytes, up to the next marker. After that it reads zeros:
 * {@link overrun} says how many.
 */
export class ScanBits {
  readonly #file: Buffer;
  /** Next byte to be read. */
  #next: number;
  #word = 0;
  #bits = 0;
  /** Bits that were read past the end of the data. */
  #missing = 0;

  constructor(file: Buffer, from: number) {
    this.#file = file;
    this.#next = from;
  }

  /** Offset of the next byte that was not read: that of a marker, where the data end. */
  get offset(): number {
    return this.#next;
  }

  /** Bits that were read although there were none. */
  get overrun(): number {
    return Math.max(0, this.#missing - this.#bits);
  }

  /** Whether the file ends where the data do. */
  get isAtEndOfFile(): boolean {
    return this.#next + 1 >= this.#file.length;
  }

  /**
   * Passes over everything before the next marker: the rest of a byte that was begun, and filling.
   * @returns how many bytes were left; 0 also where all of them are zero, as some cameras fill
   */
  skipToMarker(): number {
    const buffered = Math.max(0, this.#bits - this.#missing);
    let left = buffered >> 3;
    let isZero = ((this.#word >>> (this.#bits - buffered)) & ((1 << (left * 8)) - 1)) === 0;
    for (;;) {
      const byte = this.#file[this.#next];
      if (byte === undefined) break;
      if (byte === 0xff && this.#file[this.#next + 1] !== 0) break;
      isZero &&= byte === 0;
      this.#next += byte === 0xff ? 2 : 1;
      left += 1;
    }
    this.#word = 0;
    this.#bits = 0;
    this.#missing = 0;
    return isZero ? 0 : left;
  }

  /** Passes over the marker that follows. @returns its second byte; null = there is none */
  marker(): number | null {
    while (this.#file[this.#next] === 0xff && this.#file[this.#next + 1] === 0xff) this.#next += 1;
    const marker = this.#file[this.#next + 1];
    if (this.#file[this.#next] !== 0xff || marker === undefined) return null;
    this.#next += 2;
    return marker;
  }

  #fill(): void {
    while (this.#bits <= 16) {
      const byte = this.#file[this.#next];
      let value = 0;
      if (byte === undefined) this.#missing += 8;
      else if (byte !== 0xff) {
        value = byte;
        this.#next += 1;
      } else if (this.#file[this.#next + 1] === 0) {
        value = 0xff;
        this.#next += 2;
      } else this.#missing += 8;
      this.#word = ((this.#word << 8) | value) & 0xffffff;
      this.#bits += 8;
    }
  }

  /** The next symbol; -1 where no code matches. */
  symbol({ short, long }: HuffmanTable): number {
    if (this.#bits < CODE_BITS) this.#fill();
    let entry = at(short, (this.#word >>> (this.#bits - SHORT_BITS)) & 0x3ff);
    if (entry === 0) entry = at(long, (this.#word >>> (this.#bits - CODE_BITS)) & 0xffff);
    if (entry === 0) return -1;
    this.#bits -= entry >>> 8;
    return entry & 255;
  }

  /**
   * Passes over the coefficients of a sequential block after its first one (ITU T.81, figure F.13): nearly all of a picture's codes, so
   * the fields are in variables here.
   * @returns whether all codes are valid
   */
  skipCoefficients({ short, long }: HuffmanTable): boolean {
    const file = this.#file;
    let word = this.#word;
    let bits = this.#bits;
    let next = this.#next;
    let isValid = true;
    for (let index = 1; index < BLOCK; index += 1) {
      // A code and its coefficient have 31 bits at most: they are filled twice.
      while (bits <= 16) {
        const byte = next < file.length ? byteAt(file, next) : 0xff;
        if (byte !== 0xff) {
          word = ((word << 8) | byte) & 0xffffff;
          next += 1;
        } else if (next + 1 < file.length && byteAt(file, next + 1) === 0) {
          word = ((word << 8) | 0xff) & 0xffffff;
          next += 2;
        } else {
          word = (word << 8) & 0xffffff;
          this.#missing += 8;
        }
        bits += 8;
      }
      let entry = at(short, (word >>> (bits - SHORT_BITS)) & 0x3ff);
      if (entry === 0) entry = at(long, (word >>> (bits - CODE_BITS)) & 0xffff);
      bits -= entry >>> 8;
      const size = entry & 15;
      const run = (entry >>> 4) & 15;
      if (entry >>> 8 === 0 || (size === 0 && run !== 0 && run !== 15)) {
        isValid = false;
        break;
      }
      if (size === 0 && run === 0) break;
      index += run;
      if (index >= BLOCK) {
        isValid = false;
        break;
      }
      if (bits >= size) bits -= size;
      else {
        this.#word = word;
        this.#bits = bits;
        this.#next = next;
        this.read(size);
        word = this.#word;
        bits = this.#bits;
        next = this.#next;
      }
    }
    this.#word = word;
    this.#bits = bits;
    this.#next = next;
    return isValid;
  }

  /** The next `count` bits, 0..16, as a number. */
  read(count: number): number {
    if (count === 0) return 0;
    if (this.#bits < count) this.#fill();
    this.#bits -= count;
    return (this.#word >>> this.#bits) & ((1 << count) - 1);
  }

  /** A coefficient of `count` bits (ITU T.81, figure F.12). */
  coefficient(count: number): number {
    const value = this.read(count);
    return count === 0 || value >= 1 << (count - 1) ? value : value - (1 << count) + 1;
  }
}
