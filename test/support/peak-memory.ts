import { readdir, readFile } from "node:fs/promises";

const INTERVAL_MS = 50;

/** The processes that this one has started, and runs now. */
export const runningChildren = async (): Promise<string[]> => {
  const threads = await readdir("/proc/self/task");
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/self/task/${thread}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) => list.split(" ").filter((pid) => pid !== ""));
};

/** Watches the memory of the processes that this one starts. @returns a function that ends it, and gives the most MB that one of them had */
export const watchMemory = (): (() => number) => {
  let mostKb = 0;
  const timer = setInterval(async () => {
    for (const pid of await runningChildren()) {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      mostKb = Math.max(mostKb, Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0));
    }
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return Math.round(mostKb / 1_024);
  };
};
