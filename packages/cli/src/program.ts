import { ApiProblem } from "@lookalike/client";
import { Argument, Command } from "commander";
import type { Inside, Work } from "./command.ts";
import { addArchiveCommands } from "./commands/archive.ts";
import { addDecideCommands } from "./commands/decide.ts";
import { addGroupsCommands } from "./commands/groups.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addScanCommands } from "./commands/scan.ts";
import { completionFor, SHELL_NAMES } from "./completion.ts";
import { connect, UsageError } from "./connection.ts";
import { createOutput } from "./output.ts";

/** The `lookalike` command. */
export const createProgram = (): Command => {
  const program = new Command("lookalike")
    .description("Finds and reviews the duplicate images of a catalog. LOOKALIKE_URL and LOOKALIKE_KEY say where.")
    .option("--json", "one JSON value a line, for programs")
    .showHelpAfterError();
  const inside: Inside =
    <Values extends unknown[]>(work: Work<Values>) =>
    async (...values: unknown[]) =>
      work(await connect(), createOutput(program.opts()["json"] === true), ...(values as Values));

  addScanCommands(program, inside);
  addGroupsCommands(program, inside);
  addDecideCommands(program, inside);
  addArchiveCommands(program, inside);
  addQueryCommand(program, inside);
  program
    .command("completion")
    .description("a completion script: source <(lookalike completion bash)")
    .addArgument(new Argument("<shell>").choices(SHELL_NAMES))
    .action((shell: string) => void process.stdout.write(`${completionFor(shell, program)}\n`));
  return program;
};

/** One line for people, where it is known what is wrong. */
export const errorMessage = (error: unknown): string | null => {
  if (error instanceof UsageError || error instanceof ApiProblem) return error.message;
  if (error instanceof TypeError && error.message === "fetch failed")
    return `No Lookalike answers at ${process.env["LOOKALIKE_URL"] || "http://127.0.0.1:7373"}: start it with npm start, or set LOOKALIKE_URL.`;
  return null;
};
