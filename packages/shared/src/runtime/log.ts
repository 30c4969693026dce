import { AsyncLocalStorage } from "node:async_hooks";
import pino, { type Logger } from "pino";
import { activeTraceId } from "./tracing.ts";

export type { Logger };

const fields = new AsyncLocalStorage<object>();

/** Each line that is logged during the work has these fields: job, kind, task, attempt. */
export const withLogFields = <Result>(given: object, work: () => Promise<Result>): Promise<Result> =>
  fields.run(given, work);

/** A JSON logger to standard error: standard output belongs to whoever runs the process. */
export const createLogger = (service: string, level: string): Logger =>
  pino(
    {
      level,
      base: { service, pid: process.pid },
      mixin: () => {
        const traceId = activeTraceId();
        return { ...fields.getStore(), ...(traceId === undefined ? {} : { traceId }) };
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
