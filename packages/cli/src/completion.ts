import type { Command } from "commander";

const SCRIPTS = {
  bash: (words: string) => `complete -W ${JSON.stringify(words)} -o default lookalike`,
  zsh: (words: string) => `#compdef lookalike\n_arguments "1: :(${words})" "*:file:_files"`,
  fish: (words: string) => `complete -c lookalike -n __fish_use_subcommand -a ${JSON.stringify(words)}`,
};

export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as Shell[];

/** What a shell reads to complete the commands: `source <(lookalike completion bash)`. */
export const completionFor = (shell: Shell, program: Command): string =>
  SCRIPTS[shell](program.commands.map((command) => command.name()).join(" "));
