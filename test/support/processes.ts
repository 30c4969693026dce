import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** Other processes whose command line or working folder holds this text: PostgreSQL's show only the latter. */
export const processesWith = (text: string): RunningProcess[] =>
  listProcesses().filter(({ pid, command }) => pid !== process.pid && command.includes(text));

/** kill -9 to each of these processes. */
export const killAllWith = (text: string): void => {
  for (const { pid } of processesWith(text)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // A child of one that was killed before it has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
};

const listProcesses = (): RunningProcess[] => (process.platform === "linux" ? readProc() : readPs());

const readProc = (): RunningProcess[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandLine(name) }));

/** Empty where the process has ended meanwhile, or is a zombie. */
const commandLine = (pid: string): string => {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return words === "" ? "" : `${words} ${workingFolder(pid)}`;
  } catch {
    return "";
  }
};

/** Empty for a process of another user. */
const workingFolder = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
};

const readPs = (): RunningProcess[] =>
  execFileSync("ps", ["-axo", "pid=,args="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => {
      const [pid = "", ...args] = line.trim().split(" ");
      return { pid: Number(pid), command: args.join(" ") };
    });
