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

type Reading = Pick<Row, "bench" | "case" | "ours" | "rival" | "theirs" | "unit" | "goal">;

const rowOf = (reading: Reading, ratio: number): Row => ({
  ...reading,
  ours: rounded(reading.ours),
  theirs: rounded(reading.theirs),
  ratio: rounded(ratio),
  met: reading.goal === null || ratio >= reading.goal,
});

/** A row where more is better, as of images a second. */
export const throughputRow = (reading: Reading): Row => rowOf(reading, reading.ours / reading.theirs);

/** A row where less is better, as of seconds, bytes or messages: the ratio is theirs to ours. */
export const costRow = (reading: Reading): Row => rowOf(reading, reading.theirs / reading.ours);
