/** A benchmark: runs ours and its rival in turn, `rounds` times, and returns the medians. */
export interface Bench {
  readonly about: string;
  run(
    rounds: number,
    say: (text: string) => void,
    images?: number,
    options?: Readonly<Record<string, string | undefined>>,
  ): Promise<Row[]>;
}

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
