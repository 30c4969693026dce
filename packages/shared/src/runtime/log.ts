import pino, { type Logger } from "pino";

export type { Logger };

/** A JSON logger to standard error: standard output belongs to whoever runs the process. */
export const createLogger = (service: string, level: string): Logger =>
  pino({ level, base: { service, pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
