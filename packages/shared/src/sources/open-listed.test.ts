import { execFileSync } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { link, lstat, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprintOf } from "./listed-file.ts";
import { type ListedFile, openListed, openListedSync } from "./open-listed.ts";

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-listed-"));
  root = join(folder, "root");
  await mkdir(join(root, "in"), { recursive: true });
  await writeFile(join(root, "in/a.jpg"), "content");
});
afterEach(() => rm(folder, { recursive: true }));

const listed = async (path = "in/a.jpg"): Promise<ListedFile> => ({
  root: { root, below: "" },
  path,
  fingerprint: fingerprintOf(await lstat(join(root, path), { bigint: true })),
});

/** The content of a listed file, or why it can't be had. */
const asynchronous = async (file: ListedFile): Promise<string> => {
  const opened = await openListed(file);
  if ("reason" in opened) return opened.reason;
  return opened.readFile({ encoding: "utf8" }).finally(() => opened.close());
};
const synchronous = async (file: ListedFile): Promise<string> => {
  const opened = openListedSync(file);
  if (typeof opened !== "number") return opened.reason;
  const content = readFileSync(opened, "utf8");
  closeSync(opened);
  return content;
};

describe.each([
  ["asynchronously", asynchronous],
  ["synchronously", synchronous],
])("a listed file that is opened %s", (_, read) => {
  it("is read while it is the one that was listed, also below a root that is a link", async () => {
    const file = await listed();
    expect(await read(file)).toBe("content");
    await symlink(root, join(folder, "linked-root"));
    expect(await read({ ...file, root: { root: join(folder, "linked-root"), below: "" } })).toBe("content");
  });

  it("has changed by its time or its content, or is another file of the same time", async () => {
    const file = await listed();
    await utimes(join(root, "in/a.jpg"), 1, 1);
    expect(await read(file)).toBe("changed");
    const old = await listed();
    await writeFile(join(root, "in/b.jpg"), "content");
    await utimes(join(root, "in/b.jpg"), 1, 1);
    await rename(join(root, "in/b.jpg"), join(root, "in/a.jpg"));
    expect(await read(old)).toBe("changed");
  });

  it("is missing, as its folder may be", async () => {
    const file = await listed();
    expect(await read({ ...file, path: "in/a.jpg/b.jpg" })).toBe("missing");
    await rm(join(root, "in"), { recursive: true });
    expect(await read(file)).toBe("missing");
  });

  it("never hangs on a pipe that took its place", async () => {
    const file = await listed();
    await rm(join(root, "in/a.jpg"));
    execFileSync("mkfifo", [join(root, "in/a.jpg")]);
    expect(await read(file)).toBe("not-a-regular-file");
  });

  it("is not followed through a link that took its place, even to the same file", async () => {
    const file = await listed();
    await link(join(root, "in/a.jpg"), join(folder, "elsewhere.jpg"));
    await rm(join(root, "in/a.jpg"));
    await symlink(join(folder, "elsewhere.jpg"), join(root, "in/a.jpg"));
    expect(await read(file)).toBe("outside-the-source");
  });

  it("is not followed through a link that took the place of its folder", async () => {
    const file = await listed();
    await rename(join(root, "in"), join(folder, "elsewhere"));
    await symlink(join(folder, "elsewhere"), join(root, "in"));
    expect(await read(file)).toBe("outside-the-source");
  });
});
