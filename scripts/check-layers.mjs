// The dependency rule, with its negative control: a check that finds nothing wrong anywhere is no check.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

const sources = ["packages", "services"].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => join(folder, name, "src")),
);

const cruise = () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["node_modules/dependency-cruiser/bin/dependency-cruise.mjs", ...sources, "--output-type", "json"],
    { cwd: ROOT, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return JSON.parse(stdout).summary;
};

const { violations, totalCruised } = cruise();
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} -> ${to}`);
if (totalCruised < 50) throw new Error(`only ${totalCruised} modules found: the check sees nothing`);

const control = join(ROOT, "packages/shared/src/domain/negative-control.ts");
writeFileSync(
  control,
  'import { connect } from "nats";\nimport type { Db } from "../store/open.ts";\nexport const broken: Db | typeof connect = connect;\n',
);
const found = new Set(cruise().violations.map(({ rule }) => rule.name));
rmSync(control);
for (const rule of ["domain-is-pure", "only-the-bus-knows-nats"]) {
  if (!found.has(rule)) throw new Error(`the negative control did not break ${rule}`);
}
console.log(`${totalCruised} modules, ${violations.length} violations of the layers`);
process.exitCode = violations.length === 0 ? 0 : 1;
