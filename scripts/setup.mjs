// Makes a fresh clone ready: installs the workspace (pnpm through npx) and builds it. Quick when
// nothing changed. Plain JavaScript without dependencies: it runs before there are any.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNative, isBuilt } from "./build-kernels.mjs";
import { buildPictures } from "./build-pictures.mjs";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const PNPM = "pnpm@12.21.0";
const NODE_FLOOR = [20, 19];
const STAMP = join(ROOT, "node_modules", ".lookalike-installed");

/** Installs and builds. Says what it does on standard error; ends the process when it can't. */
export const setUp = () => {
  install();
  run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-b"], BUILD_FAILED);
  buildNative();
  buildPictures();
  buildReviewPage();
};

/** Installs the packages, where those that are installed are not the ones of the lockfile. */
export const install = () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1])) {
    fail(
      `Node.js ${process.versions.node} is too old: ${NODE_FLOOR.join(".")} or newer is needed. See https://nodejs.org/en/download`,
    );
  }
  const expected = fingerprint();
  if (readOr(STAMP, "") !== expected) {
    print("Installing Lookalike's packages (only this once)…");
    // PostgreSQL never runs as root, so its program must be open to others also where root's umask is strict.
    const umask = process.umask(0o022);
    run(
      "npx",
      ["-y", PNPM, "install", "--frozen-lockfile"],
      "The packages could not be installed. Check the network and the free disk space, then try again.",
    );
    process.umask(umask);
    writeFileSync(STAMP, expected);
  }
};

const REVIEW = join(ROOT, "packages/review");

/** The review page, bundled. */
const buildReviewPage = () => {
  const sources = ["src", "public"].flatMap((folder) =>
    readdirSync(join(REVIEW, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  const all = ["index.html", "vite.config.ts", "../client/dist/client.js", ...sources];
  if (isBuilt("dist/page/index.html", all, REVIEW)) return;
  run(process.execPath, [join(REVIEW, "node_modules/vite/bin/vite.js"), "build"], BUILD_FAILED, REVIEW);
};

const BUILD_FAILED = "The build failed: the lines above say where.";

/** Changes when the installed packages must. */
const fingerprint = () => {
  const manifests = ["packages", "services"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name, "package.json")),
  );
  const hash = createHash("sha256").update(process.versions.modules);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests])
    hash.update(readOr(join(ROOT, file), ""));
  return hash.digest("hex");
};

const readOr = (file, otherwise) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
};

/** Shows a command's output only when it fails; never on standard output. */
const run = (command, args, advice, cwd = ROOT) => {
  // The project's .npmrc silences npm, for `npm start -- --json`; here its errors must be seen.
  const env = { ...process.env, npm_config_loglevel: "error" };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  fail(
    error === undefined
      ? advice
      : `${command} can't be run (${error.message}). Install Node.js with npm, then try again.`,
  );
};

const print = (text) => process.stderr.write(`${text}\n`);

const fail = (text) => {
  print(text);
  process.exit(1);
};
