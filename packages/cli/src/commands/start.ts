import { DEFAULT_API_PORT } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import type { Command, CommanderError } from "commander";
import {
  featuresOption,
  globOptions,
  groupingOption,
  numberOption,
  startRequest,
  verificationOption,
  wordOption,
} from "../options.ts";
import { SOURCE_FORMS } from "../source-address.ts";

const HELP = `
The folder is read, never changed. Lookalike keeps everything in .lookalike, or in LOOKALIKE_DATA.

Environment:
  LOOKALIKE_DATA   folder for state and logs (default .lookalike); the next start continues from it
  LOOKALIKE_PORT   port of the API (default: ${DEFAULT_API_PORT} on a terminal, else a free one)
  NATS_URL         a nats-server to use (default: one is found or installed, and started)
  DATABASE_URL     a PostgreSQL to use (default: one of its own is started)

Exit codes:
  0  the job is done (failed images are reported)    69  something needed is missing or in use
  1  the job failed or was cancelled                 70  an error in Lookalike
 64  wrong option                                    78  a bad variable in the environment
 66  nothing to compare: no folder, or under two images   130  interrupted; the next start continues`;

/** `lookalike start`, which is also `npm start`. */
export const addStartCommand = (program: Command): void => {
  const { include, exclude } = globOptions();
  program
    .command("start")
    .description("start everything on this machine and find the duplicates in a folder of photographs")
    .argument("[source]", `${SOURCE_FORMS} (default: a demo catalog)`)
    .addOption(numberOption("thresholdBits", "--threshold <bits>", "largest Hamming distance of similar images"))
    .addOption(groupingOption())
    .addOption(numberOption("blockSize", "--block-size <images>", "images per block"))
    .addOption(numberOption("pairsPerTask", "--pairs-per-task <pairs>", "block pairs a task compares"))
    .addOption(numberOption("batchSize", "--batch-size <tasks>", "outstanding tasks"))
    .addOption(wordOption("kernel", "--kernel <name>", "compare every pair, or find the same ones by bands of bits"))
    .addOption(featuresOption())
    .addOption(verificationOption())
    // Ends with the roll-out: decision 0037.
    .addOption(wordOption("dispatch", "--dispatch <way>", "how tasks are handed out; auto follows the roll-out"))
    .option("--accept-missing", "go on although many known pictures are missing: they were deleted")
    .addOption(include)
    .addOption(exclude)
    .option("--keep-running", "leave the services running when the job is done, as on a terminal")
    .addHelpText("after", HELP)
    // One line for people, with an exit code of its own, where the other commands print their help.
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride((error) => throwUsageError(error))
    .action(async (address: string | undefined, _flags: unknown, command: Command) => {
      const request = startRequest(address, command.optsWithGlobals(), process.stdout.isTTY);
      // The servers are loaded only here: no other command needs them.
      const { start } = await import("../start/start.ts");
      await start(request);
    });
};

const throwUsageError = ({ exitCode, message }: CommanderError): void => {
  if (exitCode === EXIT.ok) return;
  const [line] = message.replace(/^error: /, "").split("\n");
  throw new OperatorError(`${line} See: npm start -- --help`, EXIT.usage);
};
