// `npm start`: set-up, then `lookalike start`, which gets the arguments and the signals.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

setUp();
// A process group of its own: Ctrl-C reaches this process alone, which passes it on once, so that
// it can end its servers in order instead of all of them dying at the same time.
const child = spawn(process.execPath, [join(ROOT, "packages/cli/dist/main.js"), "start", ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGKILL" ? 137 : 1);
});
