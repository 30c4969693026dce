import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fastestBackend } from "./backend.ts";

/** Whether there is a C compiler with what it needs to link: a compiler alone builds nothing. */
const canBuild = (): boolean => {
  if (process.env["LOOKALIKE_NATIVE"] === "off") return false;
  const folder = mkdtempSync(join(tmpdir(), "lookalike-test-"));
  const build = ["-shared", "-fPIC", "-x", "c", "-", "-o", join(folder, "one.so")];
  const { status } = spawnSync(process.env["CC"] ?? "cc", build, { input: "int one(void) { return 1; }" });
  rmSync(folder, { recursive: true });
  return status === 0;
};

it("native code is built where there is a compiler", () => {
  expect(fastestBackend.name).toMatch(canBuild() ? /^(avx512|avx2|neon)$/ : /^wasm$/);
});
