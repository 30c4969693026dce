import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat after the name, which may contain spaces (proc(5)). */
const PARENT = 1;
const OWN_TIMES = [11, 12];
const TIMES_OF_ENDED_CHILDREN = [13, 14];

const fieldsOf = (pid: number): number[] | null => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").map(Number) ?? null;
  } catch {
    // It has ended meanwhile: its parent has its times now.
    return null;
  }
};

const ticks = (fields: readonly number[], which: readonly number[]): number =>
  which.reduce((sum, field) => sum + (fields[field] ?? 0), 0);

/**
 * Seconds of CPU that all processes that this one started have used, with those that have ended. It does not depend on what else the machine does, as
 * the time that passes does. Linux only.
 */
export const cpuSecondsOfChildren = (): number => {
  const all = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? fieldsOf(Number(name)) : null;
    if (fields !== null) all.set(Number(name), fields);
  }
  const descends = (pid: number): boolean => {
    const parent = all.get(pid)?.[PARENT] ?? 0;
    return parent === process.pid || (parent > 1 && descends(parent));
  };
  let sum = ticks(all.get(process.pid) ?? [], TIMES_OF_ENDED_CHILDREN);
  for (const [pid, fields] of all) if (descends(pid)) sum += ticks(fields, [...OWN_TIMES, ...TIMES_OF_ENDED_CHILDREN]);
  return sum / TICKS_PER_SECOND;
};
