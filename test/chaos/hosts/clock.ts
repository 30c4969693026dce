import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";

/** Debian's package `faketime` brings it. Its folder is named after the machine. */
const LIBRARY = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`)
  .find(existsSync);

/** The clock of the processes that have its variables. Their timers go on by the machine's clock, as after a real step. */
export interface Clock {
  /** What sets them: comes before a program's command line. */
  readonly on: readonly string[];
  /** Sets it this far from the machine's clock. It is in effect within a second. */
  set(offsetSeconds: number): Promise<void>;
}

/** @param file gets the offset. @throws where libfaketime is not installed */
export const openClock = async (file: string): Promise<Clock> => {
  if (LIBRARY === undefined) throw new Error("libfaketime is not installed: apt-get install faketime");
  const set = (offsetSeconds: number) => writeFile(file, `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}`);
  await set(0);
  return {
    on: [
      "env",
      `LD_PRELOAD=${LIBRARY}`,
      `FAKETIME_TIMESTAMP_FILE=${file}`,
      "FAKETIME_CACHE_DURATION=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ],
    set,
  };
};
