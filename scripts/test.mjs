// `npm test`: set-up, then every test but the long ones. Arguments go to vitest. Unit tests run from
// source: where they are all that is requested, nothing is built.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, ROOT, setUp } from "./setup.mjs";

const args = process.argv.slice(2);
const { values } = parseArgs({ args, strict: false, options: { project: { type: "string", multiple: true } } });
const requested = values.project ?? [];
const projects = requested.length > 0 ? requested : ["unit", "int", "system"];
if (projects.every((name) => name === "unit")) install();
else setUp();

const defaults = requested.length > 0 ? [] : projects.flatMap((name) => ["--project", name]);
const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", ...defaults, ...args], { cwd: ROOT, stdio: "inherit" });
process.exitCode = status ?? 1;
