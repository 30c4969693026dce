import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSpool, TooLarge } from "./spool.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-spool-"));
});
afterEach(() => rm(folder, { recursive: true }));

const pieces = (...texts: string[]): Readable => Readable.from(texts.map((text) => Buffer.from(text)));

describe("what requests bring", () => {
  it("is in files that nobody else can read, until it is deleted", async () => {
    const spool = createSpool(folder);
    const [file, other] = await Promise.all([spool.store(pieces("a", "b"), 2), spool.store(pieces("c"), 2)]);
    await other.delete();
    expect(await readFile(file.path, "utf8")).toBe("ab");
    const modes = await Promise.all([file.path, join(file.path, "..")].map(async (path) => (await stat(path)).mode));
    expect(modes.map((mode) => mode & 0o077)).toEqual([0, 0]);
    await file.delete();
    await expect(stat(file.path)).rejects.toThrow("ENOENT");
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves nothing where it is too large, or breaks off", async () => {
    const spool = createSpool(folder);
    await expect(spool.store(pieces("ab", "c"), 2)).rejects.toThrow(TooLarge);
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("a");
        throw new Error("gone");
      })(),
    );
    await expect(spool.store(broken, 2)).rejects.toThrow("gone");
    const [inside = ""] = await readdir(folder);
    expect(await readdir(join(folder, inside))).toEqual([]);
    await spool.close();
  });

  it("of a process that was killed is deleted by the next one, that of a running one is not", async () => {
    const [ended, running] = ["lookalike-api-2147483646-a", `lookalike-api-${process.ppid}-a`];
    await Promise.all([ended, running].map((name) => mkdir(join(folder, name))));
    const spool = createSpool(folder);
    await spool.store(pieces("a"), 1);
    await spool.close();
    expect(await readdir(folder)).toEqual([running]);
  });
});
