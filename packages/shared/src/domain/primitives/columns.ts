/** A column of numbers: one entry for each image, edge or node. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/**
 * The number at `index`. TypeScript types each access to a typed array as possibly undefined
 * (noUncheckedIndexedAccess); inside the bounds it never is, and a check would cost time in the
 * innermost loops, so this one cast stands for all of them.
 * @param index 0 <= index < column.length: the caller's loop bounds it
 */
export const at = (column: Column, index: number): number => column[index] as number;
