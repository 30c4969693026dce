/** One line of a benchmark's result; `--json` prints it as it is. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly rival: string;
  readonly theirs: number;
  readonly unit: string;
  /** How many times better than the rival (above 1), or what part of it (below 1). */
  readonly ratio: number;
  /** The ratio held to; null = a reading, not a goal. */
  readonly goal: number | null;
  readonly met: boolean;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** A row where more is better, as of images a second. */
export const throughputRow = (
  row: Pick<Row, "bench" | "case" | "ours" | "rival" | "theirs" | "unit" | "goal">,
): Row => {
  const ratio = row.ours / row.theirs;
  return {
    ...row,
    ours: rounded(row.ours),
    theirs: rounded(row.theirs),
    ratio: rounded(ratio),
    met: row.goal === null || ratio >= row.goal,
  };
};

/** A row where less is better, as of seconds, bytes or messages: the ratio is theirs to ours. */
export const costRow = (row: Pick<Row, "bench" | "case" | "ours" | "rival" | "theirs" | "unit" | "goal">): Row => {
  const ratio = row.theirs / row.ours;
  return {
    ...row,
    ours: rounded(row.ours),
    theirs: rounded(row.theirs),
    ratio: rounded(ratio),
    met: row.goal === null || ratio >= row.goal,
  };
};
