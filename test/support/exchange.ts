import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { areInstalled } from "./installed.ts";

/** Exchanges two names until it is ended: thousands of times a second, each at once (renameat2, RENAME_EXCHANGE). */
const PROGRAM = `
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **names) {
  (void)count;
  for (;;) if (syscall(SYS_renameat2, -100, names[1], -100, names[2], 2) != 0) usleep(100);
}
`;

/** Exchanges need Linux and a C compiler. */
export const canExchange = process.platform === "linux" && areInstalled(["cc"], "apt-get install gcc libc6-dev");

/** Exchanges what two names name while the work runs. */
export const whileExchanging = async (a: string, b: string, work: () => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "lookalike-exchange-"));
  const program = join(folder, "exchange");
  writeFileSync(`${program}.c`, PROGRAM);
  execFileSync("cc", ["-O1", "-o", program, `${program}.c`]);
  const child = spawn(program, [a, b], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await work();
  } finally {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  }
};
