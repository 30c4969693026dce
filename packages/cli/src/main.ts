#!/usr/bin/env node
import { createProgram, errorMessage } from "./program.ts";

// A reader that has seen enough, as head, is no error.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

try {
  await createProgram().parseAsync();
} catch (error) {
  const words = errorMessage(error);
  if (words === null) throw error;
  process.stderr.write(`${words}\n`);
  process.exitCode = 1;
}
