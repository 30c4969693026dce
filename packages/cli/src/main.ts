#!/usr/bin/env node
import { ApiProblem } from "@lookalike/client";
import { EXIT, OperatorError, runMain } from "@lookalike/shared/runtime/errors";
import { printableLine } from "@lookalike/shared/runtime/printable";
import { createProgram } from "./program.ts";

// A reader that has seen enough, as head, is no error.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? EXIT.ok : EXIT.error));

runMain(async () => {
  await createProgram()
    .parseAsync()
    .catch((error: unknown) => {
      throw error instanceof ApiProblem ? new OperatorError(printableLine(error.message), EXIT.error) : error;
    });
});
