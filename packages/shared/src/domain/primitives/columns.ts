/** A column of numbers: one entry for each image, edge or node. */
type Numbers = Uint32Array | Int32Array | Float64Array;
type Column = Uint8Array | Numbers;

/** In a column of indices or numbers that count from 0: there is none. */
export const NONE = -1;

/**
 * The number at `index`. TypeScript types each access to a typed array as possibly undefined
 * (noUncheckedIndexedAccess); inside the bounds it never is, and a check would cost time in the
 * innermost loops, so this one cast stands for all of them.
 * @param index 0 <= index < column.length: the caller's loop bounds it
 */
export const at = (column: Numbers, index: number): number => column[index] as number;

/**
 * The same for bytes. V8 optimizes a function for at most four kinds of arrays, and a Buffer is one of its own: a
 * single function for all columns takes three times as long (measured with Node 20).
 */
export const byteAt = (column: Uint8Array, index: number): number => column[index] as number;

/**
 * The column itself when it has room for `length` entries, else a copy with room for twice as many as now, at
 * least: a column that grows entry by entry is copied a constant number of times per entry on average.
 */
export const withRoom = <Kind extends Column>(column: Kind, length: number): Kind => {
  if (length <= column.length) return column;
  const Columns = column.constructor as new (length: number) => Kind;
  const larger = new Columns(Math.max(length, column.length * 2));
  larger.set(column);
  return larger;
};
