import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directorySource, Source } from "../domain/job/source.ts";
import { type AllowedSources, SourceBuckets, SourceRoots } from "./allowed-sources.ts";
import { openFileBelow } from "./folder-handle.ts";
import { placeOf, requireSource } from "./source-roots.ts";

describe("the setting of roots", () => {
  it("has entries of tenants, separated by colons that are no part of a path", () => {
    expect(SourceRoots.parse("/a:/b b:acme=/c:d:globex=file:///e%3A/f:/g/file:/h")).toEqual([
      { tenant: "default", root: "/a" },
      { tenant: "default", root: "/b b" },
      { tenant: "acme", root: "/c:d" },
      { tenant: "globex", root: "file:///e%3A/f" },
      { tenant: "default", root: "/g/file" },
      { tenant: "default", root: "/h" },
    ]);
    expect(SourceRoots.parse(undefined)).toEqual([]);
    expect(SourceBuckets.parse("photos,acme=photos-2")).toEqual([
      { tenant: "default", bucket: "photos" },
      { tenant: "acme", bucket: "photos-2" },
    ]);
  });

  it.each([
    ["relative", "must be an absolute path"],
    ["/a:acme=/a", "/a of acme is in /a of default: a folder belongs to one tenant, not to two"],
    ["/a:acme=/a/b", "/a/b of acme is in /a of default"],
    ["acme=/a/b:/", "/a/b of acme is in / of default"],
  ])("%j is refused", (text, message) => {
    expect(() => SourceRoots.parse(text)).toThrow(message);
  });

  it("a bucket of two tenants is refused", () => {
    expect(() => SourceBuckets.parse("a,acme=a")).toThrow("a: a bucket belongs to one tenant, not to two");
  });
});

describe("a place", () => {
  let folder: string;
  let allowed: AllowedSources;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "lookalike-roots-")));
    for (const name of ["a/in", "a/.. odd", "b", "outside/in"]) await mkdir(join(folder, name), { recursive: true });
    for (const name of ["a/in/list.txt", "b/list.txt", "outside/list.txt"]) await writeFile(join(folder, name), name);
    allowed = {
      roots: [
        { tenant: "a", root: join(folder, "a") },
        { tenant: "b", root: join(folder, "b") },
      ],
      buckets: [{ tenant: "a", bucket: "photos" }],
    };
  });
  afterEach(() => rm(folder, { recursive: true }));

  const refusal = (path: string, tenant = "a"): Promise<string> =>
    requireSource(directorySource(path), tenant, allowed).then(
      () => "allowed",
      ({ message }: Error) => message.replaceAll(path, "PATH"),
    );
  const OUTSIDE = "PATH: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant a";

  it("is the tenant's own root and what is in it, also over links that stay in it", async () => {
    await symlink(join(folder, "a/in"), join(folder, "a/link"));
    for (const path of ["a", "a/in", "a/link", "a/link/list.txt", "a/.. odd", "b/../a/in"])
      expect([path, await refusal(join(folder, path))]).toEqual([path, "allowed"]);
    expect(await refusal(join(folder, "a/none/deep"))).toBe("PATH: there is no such file or folder");
    expect(await placeOf(join(folder, "a/link/list.txt"), "a", allowed)).toEqual({
      root: join(folder, "a"),
      below: "in/list.txt",
    });
  });

  it("outside is refused in the same words, whether it is there or not, and what it is", async () => {
    await symlink(join(folder, "outside"), join(folder, "a/out"));
    await symlink(join(folder, "outside/none"), join(folder, "a/dangling"));
    await symlink("loop", join(folder, "a/loop"));
    const paths = ["b", "b/list.txt", "b/none", "outside", "outside/list.txt", "outside/none", "outside/list.txt/x"];
    const overLinks = [
      "a/out",
      "a/out/list.txt",
      "a/out/none",
      "a/dangling",
      "a/dangling/x",
      "a/loop",
      "a/loop/x",
      "a/../b",
    ];
    const others = [
      "/",
      "/etc",
      "/etc/shadow",
      "/proc/self/environ",
      "/nowhere",
      "relative",
      `/${"x/".repeat(500_000)}`,
    ];
    for (const path of [...[...paths, ...overLinks].map((name) => join(folder, name)), ...others])
      expect([path, await refusal(path)]).toEqual([path, OUTSIDE]);
    for (const kind of ["list", "file"])
      for (const path of paths) {
        const place = join(folder, path);
        const source = Source.parse(
          kind === "list"
            ? { kind: "directory", root: join(folder, "a"), list: place }
            : { kind: "hashes", file: place },
        );
        await expect(requireSource(source, "a", allowed)).rejects.toThrow(OUTSIDE.replace("PATH", place));
      }
  });

  it("of another tenant is nobody else's, even over a link of the operator's", async () => {
    await rm(join(folder, "a/in"), { recursive: true });
    await symlink(join(folder, "b"), join(folder, "a/in"));
    allowed = { ...allowed, roots: [...allowed.roots, { tenant: "a", root: join(folder, "a/in") }] };
    expect(await refusal(join(folder, "a/in"))).toBe(OUTSIDE);
    expect(await refusal(join(folder, "b"), "b")).toBe(OUTSIDE.replace("tenant a", "tenant b"));
    expect(await refusal(join(folder, "a"), "c")).toBe(`${OUTSIDE.replace("tenant a", "tenant c")}, which has none`);
  });

  it("may be a root that is a file, or a disk that is away", async () => {
    const roots = [
      { tenant: "a", root: join(folder, "a/in/list.txt") },
      { tenant: "a", root: join(folder, "away") },
    ];
    allowed = { ...allowed, roots };
    expect(await refusal(join(folder, "a/in/list.txt"))).toBe("allowed");
    expect(await refusal(join(folder, "a/in"))).toBe(OUTSIDE);
    expect(await placeOf(join(folder, "a/in/list.txt"), "a", allowed)).toEqual({
      root: join(folder, "a/in"),
      below: "list.txt",
    });
    expect(await refusal(join(folder, "away/2019"))).toBe("PATH: there is no such file or folder");
  });

  it("does not lead elsewhere when a folder on its way is exchanged for a link after it was found", async () => {
    const place = await placeOf(join(folder, "a/in/list.txt"), "a", allowed);
    await rename(join(folder, "a/in"), join(folder, "a/was"));
    await symlink(join(folder, "b"), join(folder, "a/in"));
    await expect(openFileBelow({ root: place.root, below: "" }, Buffer.from(place.below))).rejects.toMatchObject({
      code: "ELOOP",
    });
  });

  it("that may not be entered tells nothing of what is in it", async () => {
    await mkdir(join(folder, "a/closed/in"), { recursive: true });
    await chmod(join(folder, "a/closed"), 0o000);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    await chmod(folder, 0o755).catch(() => undefined);
    const refusals = [await refusal(join(folder, "a/closed/in")), await refusal(join(folder, "a/closed/none"))];
    if (isRoot) process.seteuid?.(0);
    await chmod(join(folder, "a/closed"), 0o700);
    expect(new Set(refusals).size).toBe(1);
  });

  it("in a bucket is that of the tenant", async () => {
    const source = (bucket: string) => Source.parse({ kind: "s3", bucket });
    await requireSource(source("photos"), "a", allowed);
    await expect(requireSource(source("photos"), "b", allowed)).rejects.toThrow("which has none");
    await expect(requireSource(source("others"), "a", allowed)).rejects.toThrow(
      "s3://others: not a bucket of LOOKALIKE_SOURCE_BUCKETS for the tenant a",
    );
  });
});
