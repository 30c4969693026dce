// The rules of .dependency-cruiser.cjs, on the whole tree and on one negative control for each rule:
// a check that finds nothing wrong anywhere is no check.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import rules from "../.dependency-cruiser.cjs";
import { ROOT } from "./setup.mjs";

/** For each rule a file and what it imports: that import must break this rule and no other. */
const CONTROLS = {
  "domain-is-pure": ["packages/shared/src/domain/job/control.ts", "node:fs"],
  "domain-primitives-are-the-ground": ["packages/shared/src/domain/primitives/control.ts", "../image/target.ts"],
  "domain-image-knows-no-job": ["packages/shared/src/domain/image/control.ts", "../rollout/target.ts"],
  "domain-job-knows-no-groups": ["packages/shared/src/domain/rollout/control.ts", "../grouping/target.ts"],
  "domain-grouping-knows-no-review": ["packages/shared/src/domain/grouping/control.ts", "../review/target.ts"],
  "runtime-is-the-ground": ["packages/shared/src/runtime/control.ts", "../bus/target.ts"],
  "bus-store-and-sources-are-independent": ["packages/shared/src/store/jobs/control.ts", "../../bus/target.ts"],
  "service-is-the-roof": ["packages/shared/src/store/control.ts", "../service/target.ts"],
  "only-the-bus-knows-nats": ["services/hasher/src/nats-control.ts", "nats"],
  "only-the-store-knows-postgres": ["services/hasher/src/postgres-control.ts", "pg"],
  "shared-stands-alone": ["packages/shared/src/service/control.ts", "@lookalike/local/target"],
  "engine-does-no-io": ["packages/engine/src/control.ts", "@lookalike/shared/store/target"],
  "clients-use-the-rest-api": ["packages/cli/src/control.ts", "@lookalike/shared/bus/target"],
  "only-start-loads-the-servers": ["packages/cli/src/commands/control.ts", "@lookalike/local/target"],
  "packages-know-no-service": ["packages/local/src/control.ts", "../../../services/api/src/target.ts"],
  "services-are-independent": ["services/api/src/control.test.ts", "../../comparer/src/target.ts"],
  "production-knows-no-tests": ["services/comparer/src/control.ts", "../../../test/support/target.ts"],
  "production-declares-what-it-imports": ["services/comparer/src/package-control.ts", "undeclared"],
  "nothing-knows-the-benches": ["test/support/control.ts", "../../bench/target.ts"],
  "system-tests-stay-outside": ["test/pipeline/control.ts", "../../services/api/src/target.ts"],
  "no-cycles": ["services/coordinator/src/control.ts", "./control.ts"],
};

const cruise = (folder, sources) => {
  const program = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const config = join(ROOT, ".dependency-cruiser.cjs");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [program, ...sources, "--config", config, "--output-type", "json"],
    { cwd: folder, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return JSON.parse(stdout);
};

const packages = ["packages", "services"].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => ({ name, folder: join(folder, name) })),
);

const checkTree = () => {
  const sources = packages.map(({ folder }) => join(folder, "src")).concat("test", "bench");
  const { modules, summary } = cruise(ROOT, sources);
  for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
  const unresolved = modules.flatMap(({ source, dependencies }) =>
    dependencies.filter(({ couldNotResolve }) => couldNotResolve).map(({ module }) => `${source} -> ${module}`),
  );
  for (const edge of unresolved) console.error(`not resolved, so not checked: ${edge}`);
  if (summary.totalCruised < 50) throw new Error(`only ${summary.totalCruised} modules found: the check sees nothing`);
  console.log(`${summary.totalCruised} modules, ${summary.violations.length} violations of the layers`);
  return summary.violations.length + unresolved.length === 0;
};

/** Writes the controls into a small copy of the workspace: its package.json files, and no source. */
const writeControls = (folder) => {
  const write = (file, text) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@lookalike"), { recursive: true });
  for (const name of ["nats", "pg", "undeclared"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, exports: "./index.js" }));
    write(`node_modules/${name}/index.js`, "");
  }
  for (const { name, folder: place } of packages) {
    cpSync(join(ROOT, place, "package.json"), join(folder, place, "package.json"), { recursive: true });
    symlinkSync(join("../..", place), join(modules, "@lookalike", name));
  }
  for (const [file, imported] of Object.values(CONTROLS)) {
    write(file, `import * as target from "${imported}";\nexport const control = target;\n`);
    const target = imported.startsWith(".")
      ? join(dirname(file), imported)
      : imported.replace(/^@lookalike\/(\w+)\/(.*)/, "packages/$1/src/$2.ts");
    if (target.includes("/") && !existsSync(join(folder, target))) write(target, "export const target = 1;\n");
  }
};

const checkControls = () => {
  const folder = mkdtempSync(join(tmpdir(), "lookalike-layers-"));
  try {
    writeControls(folder);
    const { violations } = cruise(folder, ["packages", "services", "test", "bench"]).summary;
    const names = rules.forbidden.map(({ name }) => name);
    const faults = [...new Set([...names, ...Object.keys(CONTROLS)])].filter((name) => {
      const file = CONTROLS[name]?.[0];
      const broken = violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);
      if (broken.join() !== name) console.error(`the control of ${name} broke: ${broken.join(", ") || "no rule"}`);
      return broken.join() !== name;
    });
    return faults.length === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const isClean = checkTree();
process.exitCode = checkControls() && isClean ? 0 : 1;
