import { spawnSync } from "node:child_process";

/**
 * Whether a program that no npm package brings is here. Its tests are skipped without it, and say
 * so; not in CI, where every test runs.
 * @throws in CI, with how to install it
 */
export const isInstalled = (program: string, advice: string): boolean => {
  const found = spawnSync("bash", ["-c", `command -v "${program}"`]).status === 0;
  if (!found && process.env["CI"] !== undefined) throw new Error(`${program} is not here: ${advice}`);
  if (!found) console.warn(`Tests are skipped, ${program} is not here: ${advice}`);
  return found;
};
