import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real file system of a few kilobytes, in memory. */
export interface SmallDisk {
  readonly path: string;
  /** Uses all of its space but this. */
  fill(bytesLeft?: number): Promise<void>;
  /** Uses all of the files and folders that it can have, but this number. */
  fillNames(namesLeft?: number): Promise<void>;
  /** Gives back what was filled. */
  free(): Promise<void>;
  setReadOnly(isReadOnly: boolean): void;
  unmount(): Promise<void>;
}

/** What fills a disk begins with this. */
export const FILLER = "filler";

const mountArguments = (options: string, path: string): string[] => ["-t", "tmpfs", "-o", options, "lookalike", path];

const succeeds = (program: string, args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** How file systems can be mounted here: by root, or by a user in a namespace of its own; null = not at all, which is said. */
const way = ((): "root" | "namespace" | null => {
  if (process.platform === "linux") {
    const probe = `d=$(mktemp -d) && mount -t tmpfs lookalike $d && umount $d && rmdir $d`;
    if (succeeds("sh", ["-c", probe])) return "root";
    if (succeeds("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", probe])) return "namespace";
  }
  console.warn(
    "Tests of full disks are skipped: they mount a tmpfs, which needs Linux, and root with CAP_SYS_ADMIN or user namespaces. To run them: sudo npm test",
  );
  return null;
})();
export const canMount = way !== null;

/** Whether every process reaches a small disk by a path without links; in a namespace, it is reached through /proc. */
export const canMountForAll = way === "root";

/** Mounts a file system of this size. @param options more options of tmpfs */
export const mountSmallDisk = async (bytes: number, options = "nr_inodes=0"): Promise<SmallDisk> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-disk-"));
  const mounted = way === "root" ? mountHere(folder) : await mountInNamespace(folder);
  mounted.run("mount", mountArguments(`size=${bytes},${options}`, folder));
  const { path } = mounted;
  const fillers: string[] = [];
  const add = async (content: Buffer): Promise<void> => {
    const filler = join(path, `${FILLER}-${fillers.length}`);
    await writeFile(filler, content);
    fillers.push(filler);
  };
  return {
    path,
    async fill(bytesLeft = 0) {
      const { bavail, bsize } = await statfs(path);
      await add(Buffer.alloc(bavail * bsize - bytesLeft));
    },
    async fillNames(namesLeft = 0) {
      const { ffree } = await statfs(path);
      for (let name = namesLeft; name < ffree; name += 1) await add(Buffer.alloc(0));
    },
    async free() {
      for (const filler of fillers.splice(0)) await rm(filler);
    },
    setReadOnly: (isReadOnly) => mounted.run("mount", ["-o", `remount,bind,${isReadOnly ? "ro" : "rw"}`, folder]),
    async unmount() {
      mounted.run("umount", [folder]);
      await mounted.end();
      await rmdir(folder);
    },
  };
};

interface Mounted {
  readonly path: string;
  run(program: string, args: readonly string[]): void;
  end(): Promise<void>;
}

const mountHere = (path: string): Mounted => ({
  path,
  run: (program, args) => void execFileSync(program, args),
  end: async () => undefined,
});

/** A process that waits has a namespace in which a user may mount; its files are reached through /proc. */
const mountInNamespace = async (folder: string): Promise<Mounted> => {
  const command = [
    "--user",
    "--map-root-user",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    "echo; exec sleep inf",
  ];
  const holder = spawn("unshare", command, { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  const { pid } = holder;
  const entering = ["--target", String(pid), "--user", "--preserve-credentials", "--mount"];
  return {
    path: `/proc/${pid}/root${folder}`,
    run: (program, args) => void execFileSync("nsenter", [...entering, program, ...args]),
    async end() {
      const ended = once(holder, "exit");
      holder.kill("SIGKILL");
      await ended;
    },
  };
};
