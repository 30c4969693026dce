// `npm test`: set-up, then every test but the long ones. Arguments go to vitest.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

setUp();
const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
const given = process.argv.slice(2);
const projects = given.includes("--project") ? [] : ["--project", "unit", "--project", "system"];
const { status } = spawnSync(process.execPath, [vitest, "run", ...projects, ...given], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
