import { execFileSync, spawnSync } from "node:child_process";

/** Only root may mount, and not in every container. */
export const canMount =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** Mounts an empty disk in memory on a folder while the work runs. */
export const whileMounted = async <Result>(folder: string, work: () => Promise<Result>): Promise<Result> => {
  execFileSync("mount", ["-t", "tmpfs", "none", folder]);
  return work().finally(() => execFileSync("umount", [folder]));
};
