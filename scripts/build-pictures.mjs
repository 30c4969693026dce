// Builds the native addon of packages/engine/pictures, where there is a C compiler; without it sharp decodes everything. Run by itself it shows
// the compiler's messages. Plain JavaScript without dependencies.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isBuilt } from "./build-kernels.mjs";

const ENGINE = fileURLToPath(new URL("../packages/engine", import.meta.url));
const OUTPUT = "dist/pictures.node";

/** Builds the addon if it is older than its sources. */
export const buildPictures = (stdio = "ignore") => {
  if (process.env.LOOKALIKE_NATIVE === "off") return;
  const files = readdirSync(join(ENGINE, "pictures")).map((name) => `pictures/${name}`);
  if (isBuilt(OUTPUT, [...files, "../../scripts/build-pictures.mjs"])) return;
  rmSync(join(ENGINE, OUTPUT), { force: true });
  const sources = files.filter((name) => name.endsWith(".c"));
  const shared = ["-shared", "-fPIC", ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : ["-ldl"])];
  const flags = ["-std=c11", "-O3", "-Wall", "-I", "node_modules/node-api-headers/include"];
  spawnSync(process.env.CC ?? "cc", [...flags, ...sources, ...shared, "-o", OUTPUT], { cwd: ENGINE, stdio });
};

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPictures("inherit");
