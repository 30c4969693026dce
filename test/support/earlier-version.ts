import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startCommand } from "./command.ts";
import { ROOT, temporaryFolder } from "./folders.ts";

/** Services of an earlier version, built. */
export interface EarlierVersion {
  /** Its repository. */
  readonly root: string;
  remove(): Promise<void>;
}

/**
 * The commit that an upgrade begins at: what UPGRADE_FROM names, else the last release before this commit (a
 * tag `v…`), else the commit before the last change of what runs.
 * @returns null where the clone does not have it
 */
export const earlierCommit = (): string | null => {
  const selected = process.env["UPGRADE_FROM"];
  if (selected !== undefined) return git("rev-parse", "--verify", `${selected}^{commit}`);
  const release = git("describe", "--tags", "--abbrev=0", "--match=v*", "HEAD^");
  if (release !== null) return git("rev-parse", "--verify", `${release}^{commit}`);
  const changed = git("log", "-1", "--format=%H", "--", "packages", "services");
  return changed === null ? null : git("rev-parse", "--verify", `${changed}^`);
};

/** What git prints; null where it refuses, prints nothing, or is not there. */
const git = (...args: string[]): string | null => {
  try {
    const output = execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return output.trim() === "" ? null : output.trim();
  } catch {
    return null;
  }
};

/** Builds a commit in a temporary folder, from the packages that were downloaded before. @throws with the output */
export const buildCommit = async (commit: string): Promise<EarlierVersion> => {
  const { path: root, remove } = await temporaryFolder();
  try {
    const archive = join(root, "archive.tar");
    await run(["git", "archive", `--output=${archive}`, commit]);
    await run(["tar", "--extract", `--file=${archive}`, `--directory=${root}`]);
    await run([process.execPath, join(root, "scripts/build.mjs")]);
    return { root, remove };
  } catch (error) {
    await remove();
    throw error;
  }
};

/** pnpm's variable for an installation without network, which the build of any commit passes on to it. */
const OFFLINE = { npm_config_offline: "true" };

const run = async (command: readonly string[]): Promise<void> => {
  const { code, stdout, stderr } = await startCommand(command, OFFLINE).ended;
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`);
};
