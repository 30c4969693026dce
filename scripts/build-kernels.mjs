// Builds the kernels in packages/engine/kernels: to WebAssembly, which is committed so that users need no toolchain,
// and to native addons. Run by itself it builds both and shows the compilers' messages; with --check it only says
// whether the committed WebAssembly is, byte for byte, what the sources give. Plain JavaScript without dependencies.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ENGINE = fileURLToPath(new URL("../packages/engine", import.meta.url));
const WASM = join(ENGINE, "kernels.wasm");
/** Only this version's output is the same byte for byte: `apt-get install clang-14 lld-14` on Debian 12. */
const CLANG = "clang-14";

/**
 * The kernels choose their vector instructions themselves; loops over the few words of a row are faster without. A sum of products is never
 * one fused operation, because not every machine has it and its result differs.
 */
const FLAGS = ["-std=c11", "-O3", "-fno-tree-vectorize", "-fno-tree-slp-vectorize", "-ffp-contract=off"];

const AVX2 = ["-mavx2", "-mbmi", "-mbmi2", "-mpopcnt"];
const AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512bitalg", "-mavx512vpopcntdq"];
/** For each architecture, as compilers call it, the addons: one for each instruction set. */
const ADDONS = {
  x86_64: { avx512: [...AVX2, ...AVX512], avx2: AVX2 },
  aarch64: { neon: [] },
  arm64: { neon: [] },
};

/** Linked to a memory that the engine makes; its first 128 KiB are the module's. */
const WASM_FLAGS = [
  ...["--target=wasm32", "-msimd128", "-mbulk-memory", "-ffreestanding", "-nostdlib", "-Wl,--no-entry"],
  ...["-Wl,--import-memory", "-Wl,--initial-memory=131072", "-Wl,-z,stack-size=98304", "-Wl,--strip-all"],
];

const files = readdirSync(join(ENGINE, "kernels"))
  .sort()
  .map((name) => `kernels/${name}`);
const sources = files.filter((name) => name.endsWith(".c"));

/** Whether a package's file is newer than all it is built from. */
export const isBuilt = (output, inputs, folder = ENGINE) => {
  const modified = (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.every((input) => modified(input) <= modified(output));
};

/** Builds the addons that are older than the sources, where there is a C compiler; without one WebAssembly does the work. */
export const buildNative = (stdio = "ignore") => {
  if (process.env.LOOKALIKE_NATIVE === "off") return;
  const compiler = process.env.CC ?? "cc";
  const { stdout } = spawnSync(compiler, ["-dumpmachine"], { encoding: "utf8" });
  const shared = ["-shared", "-fPIC", ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [])];
  for (const [name, instructionSet] of Object.entries(ADDONS[stdout?.split("-")[0]] ?? {})) {
    const output = `dist/${name}.node`;
    if (isBuilt(output, [...files, "../../scripts/build-kernels.mjs"])) continue;
    rmSync(join(ENGINE, output), { force: true });
    const flags = [...FLAGS, ...instructionSet, ...shared, "-I", "node_modules/node-api-headers/include"];
    spawnSync(compiler, [...flags, ...sources, "-o", output], { cwd: ENGINE, stdio });
  }
};

/** The WebAssembly that the sources give. */
const compileWasm = () => {
  const folder = mkdtempSync(join(tmpdir(), "lookalike-kernels-"));
  try {
    const output = join(folder, "kernels.wasm");
    const kernels = sources.filter((name) => name !== "kernels/addon.c");
    const { status } = spawnSync(process.env.CLANG ?? CLANG, [...FLAGS, ...WASM_FLAGS, ...kernels, "-o", output], {
      cwd: ENGINE,
      stdio: "inherit",
    });
    if (status !== 0) {
      console.error(`${CLANG} could not build the kernels. Install it: apt-get install clang-14 lld-14`);
      process.exit(1);
    }
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wasm = compileWasm();
  if (!process.argv.includes("--check")) {
    writeFileSync(WASM, wasm);
    buildNative("inherit");
  } else if (!wasm.equals(readFileSync(WASM))) {
    console.error("packages/engine/kernels.wasm is not what its sources give. Run: pnpm build:kernels");
    process.exit(1);
  }
}
