interface Cell {
  readonly column: number;
  readonly row: number;
  readonly differs: boolean;
}

/** The blocks of the largest region of blocks that differ and touch each other side by side; none where none differs. */
export const largestRegion = (blocks: readonly Cell[]): Cell[] => {
  const left = new Map(blocks.filter(({ differs }) => differs).map((block) => [keyOf(block.column, block.row), block]));
  let largest: Cell[] = [];
  for (const start of [...left.values()]) {
    if (!left.delete(keyOf(start.column, start.row))) continue;
    const region = [start];
    for (const { column, row } of region)
      for (const [dx, dy] of NEIGHBOURS) {
        const key = keyOf(column + dx, row + dy);
        const next = left.get(key);
        if (next === undefined) continue;
        left.delete(key);
        region.push(next);
      }
    if (region.length > largest.length) largest = region;
  }
  return largest;
};

const NEIGHBOURS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

const keyOf = (column: number, row: number): string => `${column},${row}`;
