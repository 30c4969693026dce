import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { z } from "zod";

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

const lookUp = (pid: number): Promise<Found | null> => (process.platform === "linux" ? inProc(pid) : byPs(pid));

/** Source: proc(5). The name in brackets may contain anything; field 3 is the state, field 22 the start. */
const inProc = async (pid: number): Promise<Found | null> => {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (line === null) return null;
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  if (state === undefined || started === undefined) throw new Error(`/proc/${pid}/stat: ${line}`);
  return { state, started };
};

/** Source: POSIX's ps, and `lstart`, which BSD and macOS have too. */
const byPs = async (pid: number): Promise<Found | null> => {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const output = await run("ps", ["-o", "state=,lstart=", "-p", String(pid)], { env }).catch(() => null);
  const [, state, started] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(output?.stdout ?? "") ?? [];
  return state === undefined || started === undefined ? null : { state, started };
};
