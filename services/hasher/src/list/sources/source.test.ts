import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { afterEach, beforeEach, expect, it } from "vitest";
import { walkSource } from "./source.ts";
import { ListingError } from "./walk.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "lookalike-source-")));
  for (const tenant of ["a", "b"]) {
    await mkdir(join(folder, tenant));
    await writeFile(join(folder, tenant, "picture.jpg"), tenant);
    await writeFile(join(folder, tenant, "list.txt"), "picture.jpg");
  }
});
afterEach(() => rm(folder, { recursive: true }));

const pathsOf = async (source: Source): Promise<string[]> => {
  const roots = ["a", "b"].map((tenant) => ({ tenant, root: join(folder, tenant) }));
  const { parts } = await walkSource({ source, tenant: "a" }, { roots, buckets: [] }, null);
  const paths: string[] = [];
  for await (const part of parts) paths.push(...part.map(({ path }) => path));
  return paths;
};
const listed = (list: string): Source => ({ ...directorySource(join(folder, "a")), list }) as Source;

it("a source of the tenant is listed, by its list where it has one", async () => {
  expect(await pathsOf(directorySource(join(folder, "a")))).toEqual(["picture.jpg"]);
  expect(await pathsOf(listed(join(folder, "a/list.txt")))).toEqual(["picture.jpg"]);
});

it("a source outside the tenant's folders and buckets is refused in the same words, whether it is there or not", async () => {
  await symlink(join(folder, "b/list.txt"), join(folder, "a/link.txt"));
  const places = [join(folder, "b"), join(folder, "b/list.txt"), join(folder, "b/none"), join(folder, "a/link.txt")];
  for (const place of places)
    for (const source of [directorySource(place), listed(place), { kind: "hashes", file: place } as const]) {
      const refused = pathsOf(source);
      await expect(refused).rejects.toThrow(ListingError);
      await expect(refused).rejects.toThrow(`${place}: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant a`);
    }
  const bucket = Source.parse({ kind: "s3", bucket: "photos" });
  await expect(pathsOf(bucket)).rejects.toThrow("not a bucket of LOOKALIKE_SOURCE_BUCKETS for the tenant a");
});

it("a pipe or a device is no list and no file of hashes, and nobody waits for its other end", async () => {
  execFileSync("mkfifo", [join(folder, "a/pipe")]);
  for (const source of [listed(join(folder, "a/pipe")), { kind: "hashes", file: join(folder, "a/pipe") } as const])
    await expect(pathsOf(source)).rejects.toThrow("pipe: not a file");
});
