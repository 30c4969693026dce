import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PARAMETERS } from "./kernel-calls.ts";

const FOLDER = new URL("../../kernels/", import.meta.url);

const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe("a kernel's parameters", () => {
  it("are those of its C definition, in the same order", () => {
    const defined: Record<string, string[]> = {};
    for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".c")))
      for (const [, name = "", parameters = ""] of readFileSync(new URL(file, FOLDER), "utf8").matchAll(
        /^KERNEL\((\w+), ([^)]+)\)/gm,
      ))
        defined[name] = parameters.split(/,\s+/).map(camelCase);
    expect(defined).toEqual(PARAMETERS);
  });
});
