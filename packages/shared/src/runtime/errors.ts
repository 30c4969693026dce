import { printableText } from "./printable.ts";
import { redact } from "./redact.ts";

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

/** An error of a failed statement, as drizzle throws it: its own message has the values of all parameters. */
type QueryError = Error & { readonly query: string; readonly params: unknown };

const isQueryError = (error: Error): error is QueryError =>
  "params" in error && typeof (error as { query?: unknown }).query === "string";

/** What Node adds to an error of the file system: the call, and a path that leads through an open folder to nobody else. */
const PATH_BY_HANDLE = /, \w+ '\/proc\/self\/fd\/.*$/s;

/** What an error says, without secrets and without the values of a failed statement. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return redact(String(error));
  if (isQueryError(error))
    return `${error.cause === undefined ? "" : `${messageOf(error.cause)}: `}failed query: ${redact(error.query)}`;
  // An AggregateError of a refused connection to both ::1 and 127.0.0.1 has an empty message.
  if (error.message === "") return (error as NodeJS.ErrnoException).code ?? error.name;
  return redact(error.message.replace(PATH_BY_HANDLE, ""));
};

/** Where an error and its causes come from, with the messages of {@link messageOf}. */
export const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return messageOf(error);
  const frames = (error.stack ?? "").replace(error.message, "").match(/^ {4}at .*$/gm) ?? [];
  const stack = [`${error.name}: ${messageOf(error)}`, ...frames].join("\n");
  return error.cause instanceof Error ? `${stack}\ncaused by: ${stackOf(error.cause)}` : stack;
};

/** What a log shows of an error. Of PostgreSQL's the code: its details repeat the values of a row. */
export const errorFields = (error: unknown): object => {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const { code } = (isQueryError(error) ? error.cause : error) as NodeJS.ErrnoException;
  return { type: error.constructor.name, message: messageOf(error), stack: stackOf(error), code };
};

/** A handler throws it for work that would fail again in every attempt. */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
}

const NAMED = 3;

/** Rows that must be stored are not, or are cut short. The message names them, and says what to do. */
export class MissingDataError extends PermanentError {
  override readonly name: string = "MissingDataError";
}

/** @param things what is missing, each with its name; the first ones are named. @param advice what to do, a sentence */
export const missingData = (things: readonly string[], advice: string): MissingDataError => {
  const more = things.length > NAMED ? `, and ${things.length - NAMED} more` : "";
  return new MissingDataError(`missing data: ${things.slice(0, NAMED).join(", ")}${more}. ${advice}`);
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
  started.catch(endByError);
  // Node itself would print every field of the error.
  process.on("uncaughtException", endByError);
};

/** Ends the process with an error that nobody handles. */
export const endByError = (error: unknown): void => {
  const expected = error instanceof OperatorError;
  process.stderr.write(`${printableText(expected ? messageOf(error) : stackOf(error))}\n`);
  process.exit(expected ? error.exitCode : EXIT.software);
};
