import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Whether programs that no npm package brings are installed. Their tests are skipped where one is not, with
 * the line that would enable them; not in CI, where every test runs.
 * @param programs names to find on the PATH, or absolute paths
 * @throws in CI, with how to install them
 */
export const areInstalled = (programs: readonly string[], advice: string): boolean => {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length > 0) reportMissing(missing, advice);
  return missing.length === 0;
};

/** Says which tests are skipped. @throws in CI, where none may be */
export const reportMissing = (missing: readonly string[], advice: string): void => {
  const line = `Not installed: ${missing.join(", ")}. To run the tests that need them: ${advice}`;
  if (process.env["CI"] !== undefined) throw new Error(line);
  console.warn(`Tests are skipped. ${line}`);
};

const isInstalled = (program: string): boolean =>
  [program, ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program))].some(isExecutable);

const isExecutable = (path: string): boolean => {
  if (!path.startsWith("/")) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Whether the tests run as root. The others are skipped with a line that says so. @param what they are about */
export const isRoot = (what: string): boolean => {
  if (process.getuid?.() === 0) return true;
  console.warn(`Tests are skipped: ${what}. To run them: sudo npm test`);
  return false;
};
