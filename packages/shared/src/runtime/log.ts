import { AsyncLocalStorage } from "node:async_hooks";
import pino, { type DestinationStream, type Logger } from "pino";
import { errorFields, messageOf } from "./errors.ts";
import { printableText } from "./printable.ts";
import { redact } from "./redact.ts";
import { activeTraceId } from "./tracing.ts";

export type { Logger };

const fields = new AsyncLocalStorage<object>();

/** Adds these fields (job, kind, task, attempt) to each line that is logged during the work. */
export const withLogFields = <Result>(added: object, work: () => Promise<Result>): Promise<Result> =>
  fields.run(added, work);

const shownError = (error: unknown): unknown => (error instanceof Error ? errorFields(error) : error);

/**
 * A JSON logger to standard error, because standard output belongs to whoever runs the process. Every line passes
 * through one place, in which it loses secrets and what a terminal would obey.
 */
export const createLogger = (
  service: string,
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger =>
  pino(
    {
      level,
      base: { service, pid: process.pid },
      mixin: () => ({ ...fields.getStore(), traceId: activeTraceId() }),
      serializers: { err: shownError, error: shownError },
      hooks: {
        streamWrite: (line) => printableText(redact(line)),
        // Without a message of its own, pino takes the error's, as it is.
        logMethod(args, method) {
          const [first, message] = args as [unknown, string | undefined];
          const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err;
          if (message === undefined && error instanceof Error) method.call(this, { err: error }, messageOf(error));
          else method.apply(this, args);
        },
      },
    },
    destination,
  );
