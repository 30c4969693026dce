// Builds the operators' tools that some tests run, by Go, at pinned versions. `npm test` does without them.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
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

/** Digest of the names, versions and digests of all modules that a program was built from, as Go wrote them into it. */
const modulesDigest = (file) => {
  const { stdout } = spawnSync("go", ["version", "-m", file], { encoding: "utf8" });
  const modules = stdout.split("\n").filter((line) => /^\t(mod|dep|=>)\t/.test(line));
  return createHash("sha256").update(modules.sort().join("\n")).digest("hex");
};

/** Which modules a program needs depends on the system: the digests in tools.json are of builds for Linux. */
const isPinned = process.platform === "linux";

const folder = process.env.LOOKALIKE_TOOLS || join(ROOT, "node_modules/.cache/lookalike-tools");
mkdirSync(folder, { recursive: true });
for (const [name, { module, modules }] of Object.entries(
  JSON.parse(readFileSync(join(ROOT, "test/support/tools.json"), "utf8")),
)) {
  const file = join(folder, name);
  if (builtModule(file) === module && (!isPinned || modulesDigest(file) === modules)) continue;
  process.stderr.write(`Building ${module}…\n`);
  execFileSync("go", ["install", module], {
    env: { ...process.env, GOBIN: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (!isPinned || modulesDigest(file) === modules) continue;
  rmSync(file);
  throw new Error(`${module} was built from modules with other digests than test/support/tools.json says`);
}
