import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { isInstalled } from "./installed.ts";
import { ROOT } from "./system.ts";

const run = promisify(execFile);

/** Operators' tools that no package here has, at the versions that docs/operations.md names. */
const TOOLS = {
  nats: { module: "github.com/nats-io/natscli/nats@v0.5.0", version: /0\.5\.0/ },
  "nats-server": { module: "github.com/nats-io/nats-server/v2@v2.15.2", version: /2\.15\.2/ },
  versitygw: { module: "github.com/versity/versitygw/cmd/versitygw@v1.8.0", version: /version/i },
  helm: { module: "helm.sh/helm/v3/cmd/helm@v3.22.0", version: /3\.22/ },
  kubeconform: { module: "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0", version: /./ },
  // The command of compose-go, the library that docker compose reads its files with.
  cmd: { module: "github.com/compose-spec/compose-go/v2/cmd@v2.10.0", version: /Output format/ },
} as const;

const FOLDER = process.env["LOOKALIKE_TOOLS"] || join(ROOT, "node_modules/.cache/lookalike-tools");
const VERSION_ARGUMENTS = { helm: ["version"], kubeconform: ["-v"], cmd: ["--help"] } as Record<string, string[]>;

/**
 * The folder with a tool, which Go has built there now or in an earlier run. Null without Go: these
 * are the tools of developers and CI, and their tests say that they did not run.
 */
export const toolFolder = async (name: keyof typeof TOOLS): Promise<string | null> => {
  const { module, version } = TOOLS[name];
  const isThere = () =>
    run(join(FOLDER, name), VERSION_ARGUMENTS[name] ?? ["--version"]).then(
      ({ stdout, stderr }) => version.test(stdout + stderr),
      () => false,
    );
  if (await isThere()) return FOLDER;
  await mkdir(FOLDER, { recursive: true });
  const installed = await run("go", ["install", module], { env: { ...process.env, GOBIN: FOLDER } }).then(
    () => true,
    () => false,
  );
  if (installed && (await isThere())) return FOLDER;
  isInstalled("go", `install Go, then: go install ${module}`);
  return null;
};

/** The folder of a Go module's files, at a version. */
export const moduleFolder = async (module: string): Promise<string> => {
  const { stdout } = await run("go", ["mod", "download", "-json", module]);
  return z.object({ Dir: z.string() }).parse(JSON.parse(stdout)).Dir;
};

/** The folder of what a Python wheel holds. */
export const wheelFolder = async (name: string, version: string): Promise<string> => {
  const folder = join(FOLDER, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const wheels = await mkdtemp(join(tmpdir(), "lookalike-wheel-"));
  const python = process.env["PYTHON"] || "python3";
  await run(python, ["-m", "pip", "download", "-q", "--no-deps", "-d", wheels, `${name}==${version}`]);
  const [wheel = ""] = await readdir(wheels);
  await run(python, ["-m", "zipfile", "-e", join(wheels, wheel), folder], { maxBuffer: 64 * 1024 ** 2 });
  await rm(wheels, { recursive: true });
  return folder;
};
