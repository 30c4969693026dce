// `npm run sbom`: the software bill of materials of what runs in production, in CycloneDX. From the lockfile and the
// installed packages alone: it needs no network.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { PNPM, ROOT } from "./setup.mjs";

const SBOM = join(ROOT, "dist/sbom.cdx.json");

/** Writes the components to a file, and returns them. @param production without what only builds and tests need */
export const writeSbom = (file, production) => {
  mkdirSync(dirname(file), { recursive: true });
  const kind = ["--sbom-format", "cyclonedx", "--sbom-type", "application", ...(production ? ["--prod"] : [])];
  const args = ["--prefer-offline", "-y", PNPM, "sbom", ...kind, "--offline", "--out", file];
  const { status, stderr } = spawnSync("npx", args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`pnpm sbom failed: ${stderr}`);
  return JSON.parse(readFileSync(file, "utf8")).components;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const components = writeSbom(SBOM, true);
  console.log(`${relative(ROOT, SBOM)}: ${components.length} components`);
}
