import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** Other processes whose command line holds this text. */
export const processesWith = (text: string): RunningProcess[] =>
  listProcesses().filter(({ pid, command }) => pid !== process.pid && command.includes(text));

/** kill -9 to each process whose command line holds this text. */
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
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
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
