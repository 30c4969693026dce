#!/usr/bin/env node
import { ApiProblem } from "@lookalike/client";
import { EXIT, OperatorError, runMain } from "@lookalike/shared/runtime/errors";
import { printableLine } from "@lookalike/shared/runtime/printable";
import { createProgram } from "./program.ts";

const MORE_SOURCES =
  "Its operator can add it there. With npm start: end it, and start it with this folder once (npm start -- FOLDER).";

// A reader that has seen enough, as head, is no error.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? EXIT.ok : EXIT.error));

runMain(async () => {
  await createProgram()
    .parseAsync()
    .catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
      const advice = error.message.includes("LOOKALIKE_SOURCE_") ? ` ${MORE_SOURCES}` : "";
      throw new OperatorError(`${printableLine(error.message)}${advice}`, EXIT.error);
    });
});
