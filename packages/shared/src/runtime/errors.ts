/** Exit codes of every Lookalike process (after BSD's sysexits.h where it has one). */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 64,
  noInput: 66,
  unavailable: 69,
  software: 70,
  config: 78,
  interrupted: 130,
} as const;

/**
 * Something the person at the keyboard can mend: shown as its message alone, one line that names
 * the thing, the limit and what to do, without a stack trace.
 */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError of a refused connection to both ::1 and 127.0.0.1 has an empty message.
  return error.message !== "" ? error.message : ((error as NodeJS.ErrnoException).code ?? error.name);
};

/**
 * Whether our own code is at fault. Such an error ends the process, because nothing that it would do
 * afterwards can be trusted (crash-only).
 */
export const isBug = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError;

/** Runs a process's main function; ends the process with one line where a person can mend it. */
export const runMain = (main: () => Promise<void>): void => {
  // Not before the module that calls it is whole: main may use what stands below.
  const started = Promise.resolve().then(main);
  started.catch((error: unknown) => {
    const expected = error instanceof OperatorError;
    process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(expected ? error.exitCode : EXIT.software);
  });
};
