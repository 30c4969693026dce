import type { Command } from "commander";

const SHELLS: Record<string, (words: string) => string> = {
  bash: (words) => `complete -W ${JSON.stringify(words)} -o default lookalike`,
  zsh: (words) => `#compdef lookalike\n_arguments "1: :(${words})" "*:file:_files"`,
  fish: (words) => `complete -c lookalike -n __fish_use_subcommand -a ${JSON.stringify(words)}`,
};

export const SHELL_NAMES = Object.keys(SHELLS);

/** What a shell reads to complete the commands: `source <(lookalike completion bash)`. */
export const completionFor = (shell: string, program: Command): string => {
  const words = program.commands.map((command) => command.name()).join(" ");
  return SHELLS[shell]?.(words) ?? "";
};
