import { open, readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { messageOf } from "./errors.ts";

it("an error of the file system names its path, but not one that leads through an open folder", async () => {
  const message = async (work: Promise<unknown>) => messageOf(await work.catch((error: unknown) => error));
  expect(await message(open("/nowhere/a"))).toBe("ENOENT: no such file or directory, open '/nowhere/a'");
  expect(await message(readdir("/proc/self/fd/999999/it's a folder\n"))).toMatch(/^ENOENT: no such file or directory$/);
});
