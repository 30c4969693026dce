import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";

const IDLE_MS = 60_000;

/**
 * A function that calls a built module's default export in a worker thread, one call at a time. The
 * thread starts with the first call, and ends when it has been idle for a minute.
 */
export const inThread = <Input, Output>(module: URL): ((input: Input) => Promise<Output>) => {
  let thread: Piscina<Input, Output> | undefined;
  return (input) => {
    thread ??= new Piscina({ filename: fileURLToPath(module), minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS });
    return thread.run(input);
  };
};
