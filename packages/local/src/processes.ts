import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { z } from "zod";
import type { CommandLine } from "./postgres-user.ts";

const run = promisify(execFile);

/** One process of this machine. Its number is used again after its end, so its start is part of it. */
export const ProcessRecord = z.object({ pid: z.int().positive(), started: z.string().min(1) });
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** The record of a process that runs now. @throws Error where there is no such process */
export const recordOf = async (pid: number): Promise<ProcessRecord> => {
  const found = await lookUp(pid);
  if (found === null) throw new Error(`process ${pid} does not exist`);
  return { pid, started: found.started };
};

/** A process in any state: `exists` includes one that has ended while its parent has not read its exit code. */
export const stateOf = async ({ pid, started }: ProcessRecord): Promise<"runs" | "ended" | "absent"> => {
  const found = await lookUp(pid);
  if (found?.started !== started) return "absent";
  return found.state.startsWith("Z") ? "ended" : "runs";
};

interface Found {
  readonly state: string;
  /** Clock ticks since the machine started (Linux), or a date. */
  readonly started: string;
}

const lookUp = (pid: number): Promise<Found | null> => (isLinux ? inProc(pid) : byPs(pid));

const isLinux = process.platform === "linux";

/** Source: proc(5). The name in brackets may contain anything; field 3 is the state, field 22 the start. */
const inProc = async (pid: number): Promise<Found | null> => {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (line === null) return null;
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  if (state === undefined || started === undefined) throw new Error(`/proc/${pid}/stat: ${line}`);
  return { state, started };
};

const PS_ENVIRONMENT = { ...process.env, LC_ALL: "C", TZ: "UTC" };

/** Source: POSIX's ps, and `lstart`, which BSD and macOS have too. */
const byPs = async (pid: number): Promise<Found | null> => {
  const output = await run("ps", ["-o", "state=,lstart=", "-p", String(pid)], { env: PS_ENVIRONMENT }).catch(
    () => null,
  );
  const [, state, started] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(output?.stdout ?? "") ?? [];
  return state === undefined || started === undefined ? null : { state, started };
};

/** A process of a data folder: each of them has the folder's tag in its command line. */
export interface TaggedProcess extends ProcessRecord {
  /** `node`, `nats-server`, or `postgres` for each process of PostgreSQL. */
  readonly program: string;
}

/** The programs that get a tag. Whoever edits or searches a file of that name is none of them. */
const PROGRAMS: readonly string[] = [basename(process.execPath), "nats-server", "postgres", "initdb", "setpriv"];

/** The processes with this tag that run now, apart from this one. */
export const taggedProcesses = async (tag: string): Promise<TaggedProcess[]> => {
  const found: TaggedProcess[] = [];
  for (const { pid, args } of await (isLinux ? listProc() : listPs())) {
    const program = programOf(args, tag);
    if (program === null || pid === process.pid) continue;
    const process_ = await lookUp(pid);
    if (process_ !== null && !process_.state.startsWith("Z")) found.push({ pid, started: process_.started, program });
  }
  return found;
};

/** The program of a command line that has the tag; null for one without. */
export const programOf = ([command = "", ...args]: readonly string[], tag: string): string | null => {
  // PostgreSQL's processes show what they do: `postgres: <cluster name>: checkpointer`.
  if (command.startsWith(`postgres: ${tag}: `)) return "postgres";
  const program = basename(command);
  const hasTag = args.some((argument) => argument === tag || argument.endsWith(`cluster_name=${tag}`));
  return hasTag && PROGRAMS.includes(program) ? program : null;
};

interface Listed {
  readonly pid: number;
  readonly args: readonly string[];
}

/** As root every process, else those of this user. */
const listProc = async (): Promise<Listed[]> => {
  const own = process.getuid?.();
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        if (own !== 0 && (await stat(`/proc/${pid}`)).uid !== own) return null;
        return { pid: Number(pid), args: (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0") };
      } catch {
        // It has ended meanwhile.
        return null;
      }
    }),
  );
  return found.filter((process_) => process_ !== null);
};

const listPs = async (): Promise<Listed[]> => {
  const { stdout } = await run("ps", ["-xo", "pid=,args="], { env: PS_ENVIRONMENT });
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [pid, ...args] = line.trim().split(" ");
      // A title of PostgreSQL's stays whole.
      return { pid: Number(pid), args: args[0] === "postgres:" ? [args.join(" ")] : args };
    });
};

/**
 * Runs a program to its end.
 * @param input an open file, its descriptor 3
 * @param ending ends it before
 * @throws Error with what it wrote to standard error, unless it ended well
 */
export const runToEnd = async (
  [program, ...args]: CommandLine,
  folder: string,
  input: number,
  ending?: AbortSignal,
): Promise<void> => {
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe", input] });
  const end = () => child.kill("SIGTERM");
  ending?.addEventListener("abort", end);
  try {
    const errors = child.stderr === null ? "" : text(child.stderr);
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error((await errors) || `${program} ended with ${code}`);
  } finally {
    ending?.removeEventListener("abort", end);
  }
};
