import { ENTRY_BYTES, tiffNumbers } from "./tiff-numbers.ts";

/** An entry of a directory: a tag with its values (TIFF 6.0, section 2). */
export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Offset of the entry. */
  readonly at: number;
  /** Offsets of the begin and end of its values, which may be outside the file; null = they are of an unknown type. */
  readonly values: { readonly from: number; readonly end: number } | null;
}

/** A strip or tile of a page, which may be outside the file. */
interface TiffData {
  readonly from: number;
  readonly end: number;
}

/** By the number of the type, which counts from 1. */
const BYTES_OF_TYPE = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const SHORT = 3;
const LONG = 4;
/** Tags of a page's data: offsets and sizes of its strips or tiles. */
export const DATA_OFFSETS: readonly number[] = [273, 324];
const DATA_SIZES: readonly number[] = [279, 325];

/** Reads the directories of a TIFF file, of which each is a page. */
export class TiffDirectories {
  readonly #file: Buffer;
  readonly #numbers: ReturnType<typeof tiffNumbers>;
  /** Bytes of directories and of values that were read. */
  #bytesRead = 0;

  constructor(file: Buffer) {
    this.#file = file;
    this.#numbers = tiffNumbers(file);
  }

  /** More was read than the file has: some twice, in a circle of directories or of values that pages share. */
  get areShared(): boolean {
    return this.#bytesRead > this.#file.length;
  }

  /** The entries of one page after the other; null = one is outside the file, and the last. They end where parts are shared. */
  *pages(): Generator<readonly TiffEntry[] | null> {
    const { short, long } = this.#numbers;
    for (let from = long(4); from !== 0; ) {
      const entries = from + 2 <= this.#file.length ? short(from) : 0;
      const end = from + 2 + entries * ENTRY_BYTES;
      if (end + 4 > this.#file.length) return yield null;
      this.#bytesRead += end + 4 - from;
      if (this.areShared) return;
      const first = from + 2;
      yield Array.from({ length: entries }, (_, index) => this.#entryAt(first + index * ENTRY_BYTES));
      from = long(end);
    }
  }

  /** The numbers of a page's entry of one of these tags, none where there is no such entry; null = they are outside the file. */
  values(page: readonly TiffEntry[], tags: readonly number[]): number[] | null {
    const { short, long } = this.#numbers;
    const entry = page.find(({ tag, type }) => tags.includes(tag) && (type === SHORT || type === LONG));
    if (entry === undefined || entry.values === null) return [];
    const { from, end } = entry.values;
    if (end > this.#file.length) return null;
    this.#bytesRead += end - from;
    if (this.areShared) return [];
    return Array.from({ length: entry.count }, (_, index) =>
      entry.type === SHORT ? short(from + index * 2) : long(from + index * 4),
    );
  }

  /** The strips or tiles of a page; null = the list of them is outside the file. */
  data(page: readonly TiffEntry[]): TiffData[] | null {
    const offsets = this.values(page, DATA_OFFSETS);
    const sizes = this.values(page, DATA_SIZES);
    if (offsets === null || sizes === null) return null;
    return offsets.map((from, index) => ({ from, end: from + (sizes[index] ?? 0) }));
  }

  #entryAt(at: number): TiffEntry {
    const { short, long } = this.#numbers;
    const [tag, type, count] = [short(at), short(at + 2), long(at + 4)];
    const bytesEach = BYTES_OF_TYPE[type] ?? 0;
    const from = bytesEach * count <= 4 ? at + 8 : long(at + 8);
    return { tag, type, count, at, values: bytesEach === 0 ? null : { from, end: from + bytesEach * count } };
  }
}
