import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Whether a program that no npm package brings is installed. Its tests are skipped without it, with the
 * line that would enable them; not in CI, where every test runs.
 * @param program a name to find on the PATH, or an absolute path
 * @throws in CI, with how to install it
 */
export const isInstalled = (program: string, advice: string): boolean => {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const isFound = [program, ...folders.map((folder) => join(folder, program))].some(isExecutable);
  if (!isFound && process.env["CI"] !== undefined) throw new Error(`${program} is not installed: ${advice}`);
  if (!isFound) console.warn(`Tests are skipped because ${program} is not installed. To run them: ${advice}`);
  return isFound;
};

const isExecutable = (path: string): boolean => {
  if (!path.startsWith("/")) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
