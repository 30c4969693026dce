import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { fastestBackend } from "./backend.ts";

it("native code is built where there is a compiler", () => {
  const compiler = spawnSync("cc", ["--version"]).status === 0;
  expect(fastestBackend.name).toMatch(compiler ? /^(avx512|avx2|neon)$/ : /^wasm$/);
});
