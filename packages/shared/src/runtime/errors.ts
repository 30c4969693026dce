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
 * An error that the operator can correct. It is shown as its message alone, without a stack trace: one
 * line that names the thing, the limit and what to do.
 */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** An error in one line. */
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
  [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);

/** Runs a process's main function. An error ends the process, with one line where the operator can correct it. */
export const runMain = (main: () => Promise<void>): void => {
  // Starts after the calling module is evaluated, because main may use constants that follow the call.
  const started = Promise.resolve().then(main);
  started.catch((error: unknown) => {
    const expected = error instanceof OperatorError;
    process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(expected ? error.exitCode : EXIT.software);
  });
};
