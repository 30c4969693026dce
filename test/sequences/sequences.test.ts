import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { startInstallation } from "./installation.ts";
import { type Operation, sequences } from "./operations.ts";
import { drawPictures } from "./pictures.ts";
import { runSequence } from "./run-sequence.ts";

const SEQUENCES = Number(process.env["SEQUENCES"] ?? "8");
/** Another seed draws other sequences; a failure prints its seed and the shortest sequence that fails. */
const SEED = Number(process.env["SEED"] ?? "17");

/** Sequences that have failed once. */
const EXAMPLES: Operation[][] = [
  [
    { do: "keep", group: 39, stays: 18 },
    { do: "archive", to: "folder", kill: null },
    { do: "move", file: 61, folder: 36 },
    { do: "exchange", file: 13, other: 26 },
    { do: "move", file: 8, folder: 60 },
    { do: "scan", mode: "new", kill: null },
  ],
  [
    { do: "keep", group: 8, stays: 20 },
    { do: "keep", group: 28, stays: 21 },
    { do: "keep", group: 3, stays: 26 },
    { do: "archive", to: "folder", kill: null },
    { do: "move", file: 47, folder: 26 },
    { do: "chmod", file: 40 },
    { do: "move", file: 50, folder: 56 },
    { do: "metadata", file: 28 },
    { do: "touch", file: 53 },
  ],
];

/** How many sequences are run before it is said how far it is. */
const REPORTED = 50;

/** How long a shorter sequence is searched for: each candidate takes a second or more. */
const SHRINK_MS = Number(process.env["SHRINK_SECONDS"] ?? "120") * 1_000;

const [installation, pictures] = await Promise.all([startInstallation(), drawPictures()]);
afterAll(() => installation.stop());

it(`no picture and no decision is lost in ${SEQUENCES} random sequences (SEED=${SEED})`, async () => {
  let run = 0;
  let shrinkUntil = Number.POSITIVE_INFINITY;
  await fc.assert(
    fc.asyncProperty(sequences, async (operations) => {
      if (Date.now() > shrinkUntil) return;
      run += 1;
      if (run % REPORTED === 0) console.info(`${run} sequences`);
      await runSequence(installation, pictures, operations).catch((error: Error) => {
        if (shrinkUntil === Number.POSITIVE_INFINITY) console.error(JSON.stringify(operations), error.message);
        shrinkUntil = Math.min(shrinkUntil, Date.now() + SHRINK_MS);
        throw error;
      });
    }),
    {
      examples: EXAMPLES.map((operations) => [operations]),
      numRuns: SEQUENCES,
      seed: SEED,
      interruptAfterTimeLimit: 3_000_000,
      markInterruptAsFailure: true,
    },
  );
  expect(run).toBeGreaterThanOrEqual(SEQUENCES);
}, 3_600_000);
