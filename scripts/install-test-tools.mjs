// Builds the operators' tools that some tests run, by Go, at pinned versions. `npm test` does without them.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

/** The module and version that Go wrote into a program that it built; null where there is no such program. */
const builtModule = (file) => {
  if (!existsSync(file)) return null;
  const { stdout } = spawnSync("go", ["version", "-m", file], { encoding: "utf8" });
  const [, path] = /^\tpath\t(\S+)$/m.exec(stdout) ?? [];
  const [, version] = /^\tmod\t\S+\t(\S+)/m.exec(stdout) ?? [];
  return `${path}@${version}`;
};

const folder = process.env.LOOKALIKE_TOOLS || join(ROOT, "node_modules/.cache/lookalike-tools");
mkdirSync(folder, { recursive: true });
for (const [name, { module }] of Object.entries(
  JSON.parse(readFileSync(join(ROOT, "test/support/tools.json"), "utf8")),
)) {
  if (builtModule(join(folder, name)) === module) continue;
  process.stderr.write(`Building ${module}…\n`);
  execFileSync("go", ["install", module], {
    env: { ...process.env, GOBIN: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
