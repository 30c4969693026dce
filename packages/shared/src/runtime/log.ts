import { AsyncLocalStorage } from "node:async_hooks";
import pino, { type Logger } from "pino";
import { activeTraceId } from "./tracing.ts";

export type { Logger };

const fields = new AsyncLocalStorage<object>();

/** Adds these fields (job, kind, task, attempt) to each line that is logged during the work. */
export const withLogFields = <Result>(added: object, work: () => Promise<Result>): Promise<Result> =>
  fields.run(added, work);

/** A JSON logger to standard error, because standard output belongs to whoever runs the process. */
export const createLogger = (service: string, level: string): Logger =>
  pino(
    {
      level,
      base: { service, pid: process.pid },
      mixin: () => ({ ...fields.getStore(), traceId: activeTraceId() }),
    },
    pino.destination({ dest: 2, sync: true }),
  );
