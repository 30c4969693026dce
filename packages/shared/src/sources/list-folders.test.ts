import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directorySource } from "../domain/job/source.ts";
import type { AllowedSources } from "./allowed-sources.ts";
import { listFolders, listRoots } from "./list-folders.ts";
import { requireSource } from "./source-roots.ts";

describe("the folders that a catalog may be created over", () => {
  let folder: string;
  let allowed: AllowedSources;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "lookalike-folders-")));
    for (const name of ["a/2019/raw", "a/2020", "a/10", "a/.hidden", "b/theirs", "outside/in"])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, "a/picture.jpg"), "");
    allowed = {
      roots: [
        { tenant: "a", root: join(folder, "a") },
        { tenant: "a", root: join(folder, "away") },
        { tenant: "b", root: join(folder, "b") },
      ],
      buckets: [],
    };
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are the tenant's roots that are there", async () => {
    const root = join(folder, "a");
    expect(await listRoots("a", allowed)).toEqual({
      path: null,
      parent: null,
      items: [{ name: root, path: root }],
      isComplete: true,
    });
    expect((await listRoots("stranger", allowed)).items).toEqual([]);
  });

  it("are those in one, by name, without links, files and hidden ones, and lead up to the root only", async () => {
    const root = join(folder, "a");
    await symlink(join(folder, "outside"), join(root, "link"));
    const { items, ...list } = await listFolders(root, "a", allowed);
    expect(items.map(({ name }) => name)).toEqual(["10", "2019", "2020"]);
    expect(list).toEqual({ path: root, parent: null, isComplete: true });
    expect(await listFolders(join(root, "2019"), "a", allowed)).toMatchObject({
      parent: root,
      items: [{ name: "raw", path: join(root, "2019/raw") }],
    });
  });

  it("outside of the tenant's roots are refused in the same words as a source there", async () => {
    await symlink(join(folder, "outside"), join(folder, "a/link"));
    const refusal = (work: Promise<unknown>) =>
      work.then(
        () => "listed",
        (error: Error) => `${error.name}: ${error.message}`,
      );
    const outside = ["b", "b/theirs", "b/none", "outside", "a/link", "a/link/in", "a/../b", "."];
    for (const path of [...outside.map((name) => join(folder, name)), "/", "/proc/self/cwd", "relative", "/nowhere"]) {
      const listed = await refusal(listFolders(path, "a", allowed));
      expect(listed).toMatch(/^SourceRefused: .*: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant a$/);
      expect(listed).toBe(await refusal(requireSource(directorySource(path), "a", allowed)));
    }
    for (const path of ["a/none", "a/picture.jpg"])
      expect(await refusal(listFolders(join(folder, path), "a", allowed))).toMatch(/^SourceRefused/);
  });

  it("of names that are not UTF-8 are addressed by their bytes, and can be listed themselves", async () => {
    const name = Buffer.concat([Buffer.from(join(folder, "a")), Buffer.from("/\xff", "latin1")]);
    await mkdir(Buffer.concat([name, Buffer.from("/in")]), { recursive: true });
    const { items } = await listFolders(join(folder, "a"), "a", allowed);
    const odd = items.find(({ path }) => path.startsWith("file://"));
    expect(odd?.name.isWellFormed()).toBe(true);
    expect((await listFolders(odd?.path ?? "", "a", allowed)).items.map((item) => item.name)).toEqual(["in"]);
    await requireSource(directorySource(odd?.path ?? ""), "a", allowed);
  });

  it.skipIf(process.getuid?.() === 0)("of one that may not be read are refused", async () => {
    await chmod(join(folder, "a/2019"), 0o000);
    await expect(listFolders(join(folder, "a/2019"), "a", allowed)).rejects.toThrow("not a folder that can be read");
    await chmod(join(folder, "a/2019"), 0o700);
  });
});
