import { Argument, Command } from "commander";
import { clientFor } from "./command.ts";
import { addArchiveCommands } from "./commands/archive.ts";
import { addDecideCommands } from "./commands/decide.ts";
import { addGroupsCommands } from "./commands/groups.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addScanCommands } from "./commands/scan.ts";
import { addStartCommand } from "./commands/start.ts";
import { addTenantsCommands } from "./commands/tenants.ts";
import { addWhyCommand } from "./commands/why.ts";

const ABOUT =
  "Finds and reviews the duplicate images of a catalog. It uses the Lookalike that runs in the data folder " +
  "(LOOKALIKE_DATA, default .lookalike), or the one at LOOKALIKE_URL with the access key LOOKALIKE_KEY.";

/** What each shell reads to complete the commands. */
const COMPLETIONS = {
  bash: (words: string) => `complete -W ${JSON.stringify(words)} -o default lookalike`,
  zsh: (words: string) => `#compdef lookalike\n_arguments "1: :(${words})" "*:file:_files"`,
  fish: (words: string) => `complete -c lookalike -n __fish_use_subcommand -a ${JSON.stringify(words)}`,
};

/** The `lookalike` command. */
export const createProgram = (): Command => {
  const program = new Command("lookalike")
    .description(ABOUT)
    .option("--json", "JSON for programs on standard output, one value a line")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError();
  const withClient = clientFor(program);
  addStartCommand(program);
  addScanCommands(program, withClient);
  addGroupsCommands(program, withClient);
  addDecideCommands(program, withClient);
  addArchiveCommands(program, withClient);
  addQueryCommand(program, withClient);
  addWhyCommand(program, withClient);
  addTenantsCommands(program, withClient);
  program
    .command("completion")
    .description("a completion script: source <(lookalike completion bash)")
    .addArgument(new Argument("<shell>").choices(Object.keys(COMPLETIONS)))
    .action((shell: keyof typeof COMPLETIONS) => {
      const words = program.commands.map((command) => command.name()).join(" ");
      process.stdout.write(`${COMPLETIONS[shell](words)}\n`);
    });
  return program;
};
