import { isAbsolute, resolve } from "node:path";
import { Dispatch } from "@lookalike/shared/domain/job/dispatch/modes";
import { Grouping, JobOptions } from "@lookalike/shared/domain/job/options";
import { KernelChoice } from "@lookalike/shared/domain/job/plan";
import { directorySource, type Source, s3Source } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { z } from "zod";

/** What the person asked for on the command line. */
export interface Request {
  /** null = the demo catalog. */
  readonly source: Source | null;
  readonly options: JobOptions;
  readonly json: boolean;
  readonly keepRunning: boolean;
}

const HELP = `
The folder is read, never changed. Everything Lookalike keeps is in .lookalike, or in LOOKALIKE_DATA.

Environment:
  LOOKALIKE_DATA   folder for state and logs (default .lookalike); started again, it goes on from there
  LOOKALIKE_PORT   port of the API (default: 7373 on a terminal, else a free one)
  NATS_URL         a nats-server to use (default: one is found or installed, and started)
  DATABASE_URL     a PostgreSQL to use (default: one of its own is started)

Exit codes:
  0  the job is done (failed images are reported)    69  something needed is missing or in use
  1  the job failed or was cancelled                 70  an error in Lookalike
 64  wrong option                                    78  a bad variable in the environment
 66  nothing to compare: no folder, or under two images   130  interrupted; start again to go on`;

/** Reads the command line. @throws OperatorError with one line for a wrong option; exits for --help */
export const readRequest = (argv: readonly string[], cwd: string): Request => {
  const command = new Command("npm start --")
    .description("Finds the duplicate and near-duplicate images of a folder of photographs.")
    .argument("[source]", "folder of photographs, s3://bucket/prefix, or hashes:FILE.ndjson (default: a demo catalog)")
    .option(
      "--threshold <bits>",
      "largest Hamming distance of similar images (default: 20 of 256 bits)",
      bounded("thresholdBits"),
    )
    .addOption(
      new Option("--grouping <kind>", "how similar pairs become groups").choices(Grouping.options).default("clique"),
    )
    .option("--block-size <images>", "images per block (default: 250, more for large catalogs)", bounded("blockSize"))
    .option("--pairs-per-task <pairs>", "block pairs a task compares", bounded("pairsPerTask"), 50)
    .option("--batch-size <tasks>", "outstanding tasks", bounded("batchSize"), 100)
    .addOption(
      new Option("--kernel <name>", "compare every pair, or find the same ones by bands of bits")
        .choices(KernelChoice.options)
        .default("auto"),
    )
    .addOption(new Option("--dispatch <way>", "how tasks are handed out").choices(Dispatch.options).default("window"))
    .option("--json", "print one JSON object on standard output; everything else goes to standard error", false)
    .option("--keep-running", "leave the services running when the job is done, as on a terminal", false)
    .addHelpText("after", HELP)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exit(EXIT.ok);
    const [line = ""] = error.message.replace(/^error: /, "").split("\n");
    throw new OperatorError(`${line} See: npm start -- --help`, EXIT.usage);
  }
  const flags = Flags.parse(command.opts());
  const [source] = command.args;
  return {
    source: source === undefined ? null : sourceOf(source, cwd),
    options: JobOptions.parse({
      thresholdBits: flags.threshold ?? null,
      grouping: flags.grouping,
      blockSize: flags.blockSize ?? null,
      pairsPerTask: flags.pairsPerTask,
      batchSize: flags.batchSize,
      dispatch: flags.dispatch,
      kernel: flags.kernel,
    }),
    json: flags.json,
    keepRunning: flags.keepRunning || (process.stdout.isTTY && !flags.json),
  };
};

const Flags = z.object({
  threshold: z.number().optional(),
  grouping: z.string(),
  blockSize: z.number().optional(),
  pairsPerTask: z.number(),
  batchSize: z.number(),
  dispatch: z.string(),
  kernel: z.string(),
  json: z.boolean(),
  keepRunning: z.boolean(),
});

/** A whole number within the limits that the job option of this name has. */
const bounded =
  (name: "thresholdBits" | "blockSize" | "pairsPerTask" | "batchSize") =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    const parsed = JobOptions.shape[name].safeParse(value);
    if (parsed.success) return value;
    const issue = parsed.error.issues[0];
    throw new InvalidArgumentError(
      Number.isNaN(value) ? "It must be a whole number." : `${issue?.message ?? "Out of range"}.`,
    );
  };

const HASHES = "hashes:";

const sourceOf = (text: string, cwd: string): Source => {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(cwd, path));
  if (text.startsWith(HASHES)) return { kind: "hashes", file: absolute(text.slice(HASHES.length)) };
  return s3Source(text) ?? directorySource(absolute(text));
};
