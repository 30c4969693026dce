// Builds the operators' tools that some tests run, by Go, at pinned versions. `npm test` does without them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

const folder = process.env.LOOKALIKE_TOOLS || join(ROOT, "node_modules/.cache/lookalike-tools");
mkdirSync(folder, { recursive: true });
for (const [name, { module }] of Object.entries(
  JSON.parse(readFileSync(join(ROOT, "test/support/tools.json"), "utf8")),
)) {
  if (existsSync(join(folder, name))) continue;
  process.stderr.write(`Building ${module}…\n`);
  execFileSync("go", ["install", module], {
    env: { ...process.env, GOBIN: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
