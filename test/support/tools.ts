import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { ROOT } from "./folders.ts";
import { reportMissing } from "./installed.ts";
import tools from "./tools.json" with { type: "json" };

const run = promisify(execFile);

/** A Python that has pip. */
export const PYTHON = process.env["PYTHON"] || "python3";

/** Operators' tools that no package here has, at the versions that docs/operations.md names. */
const FOLDER = process.env["LOOKALIKE_TOOLS"] || join(ROOT, "node_modules/.cache/lookalike-tools");

/**
 * The folder with a tool that `npm run test:tools` has built; null where it has not, and the tests
 * that need it say that they did not run. In CI they all do.
 */
export const toolFolder = async (name: keyof typeof tools): Promise<string | null> => {
  const { show, version } = tools[name];
  const isThere = await run(join(FOLDER, name), show).then(
    ({ stdout, stderr }) => (stdout + stderr).includes(version),
    () => false,
  );
  if (isThere) return FOLDER;
  reportMissing([`${name} in ${FOLDER}`], "install Go, then: npm run test:tools");
  return null;
};

/** The folder of a Go module's files, at a version. */
export const moduleFolder = async (module: string): Promise<string> => {
  const { stdout } = await run("go", ["mod", "download", "-json", module]);
  return z.object({ Dir: z.string() }).parse(JSON.parse(stdout)).Dir;
};

/** The folder of what a Python wheel holds. @param sha256 of the wheel */
export const wheelFolder = async (name: string, version: string, sha256: string): Promise<string> => {
  const folder = join(FOLDER, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const wheels = await mkdtemp(join(tmpdir(), "lookalike-wheel-"));
  const requirements = join(wheels, "requirements.txt");
  await writeFile(requirements, `${name}==${version} --hash=sha256:${sha256}`);
  const options = ["-q", "--no-deps", "-d", wheels];
  await run(PYTHON, ["-m", "pip", "download", "--require-hashes", "-r", requirements, ...options]);
  const wheel = (await readdir(wheels)).find((file) => file.endsWith(".whl")) ?? "";
  await run(PYTHON, ["-m", "zipfile", "-e", join(wheels, wheel), folder], { maxBuffer: 64 * 1024 ** 2 });
  await rm(wheels, { recursive: true });
  return folder;
};
