import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import { FileTally } from "@lookalike/shared/domain/job/file-counts";
import { openOrCreateBelow, openRoot, pathOf } from "@lookalike/shared/sources/folder-handle";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canExchange, whileExchanging } from "../../../../../test/support/exchange.ts";
import { readListedFile } from "../../hash/read-listed.ts";
import { listDirectory } from "./directory.ts";
import { directoryFiles } from "./directory-files.ts";
import { listNamed } from "./named-files.ts";
import { MAX_BAD_LINES, MAX_TEXT_BYTES } from "./text-file.ts";

let root: string;
const path = (name: string): string => join(root, name);
const list = async (
  more: { include?: string[]; exclude?: string[]; svg?: boolean; list?: string } = {},
  from = root,
): Promise<FoundImage[]> => {
  const found: FoundImage[] = [];
  const source = { kind: "directory" as const, root: from, include: [], exclude: [], svg: false, list: null, ...more };
  const place = { root: from, below: "" };
  const images =
    more.list === undefined
      ? listDirectory(source, place, new FileTally())
      : listNamed({ ...source, list: more.list }, place, { root: dirname(more.list), below: basename(more.list) });
  for await (const image of images) found.push(image);
  return found;
};
const paths = async (more: Parameters<typeof list>[0] = {}): Promise<string[]> =>
  (await list(more)).map((image) => image.path);

/** As a user who is not root: root may read everything. */
const unprivileged = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lookalike-directory-"));
  for (const folder of ["b", "b/deep", "a", "closed"]) await mkdir(path(folder));
  // Open to the user who is not root, whatever the umask is.
  for (const folder of ["", "b", "b/deep", "a"]) await chmod(path(folder), 0o755);
  for (const file of [
    "z.JPG",
    "b/2.png",
    "b/10.png",
    "b/deep/x.webp",
    "a/vector.svg",
    "a/notes.txt",
    "a/.hidden.jpg",
    "closed/in.jpg",
  ])
    await writeFile(path(file), file);
  execFileSync("mkfifo", [path("pipe.jpg")]);
  await symlink(root, path("b/loop"));
  await symlink(path("z.JPG"), path("link.jpg"));
  await chmod(path("closed"), 0o000);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a folder", () => {
  it("is walked in the order of its names' bytes, links left out", async () => {
    const expected = ["pipe.jpg", "z.JPG", "a/.hidden.jpg", "b/10.png", "b/2.png", "b/deep/x.webp"];
    expect((await paths()).filter((name) => !name.startsWith("closed"))).toEqual(expected);
  });

  it("lists what include and exclude allow, and SVG only where the source includes it", async () => {
    expect(await paths({ include: ["b/**"], exclude: ["**/deep/**"] })).toEqual(["b/10.png", "b/2.png"]);
    expect(await paths({ include: ["a/*"], svg: true })).toEqual(["a/.hidden.jpg", "a/vector.svg"]);
  });

  it("reports a pipe and a closed folder as failed items", async () => {
    const failed = (await unprivileged(() => list())).flatMap(({ path: name, failure }) =>
      failure === null ? [] : [`${name}: ${failure.reason}`],
    );
    expect(failed).toEqual(["pipe.jpg: not-a-regular-file", "closed: unreadable"]);
  });

  it("may itself be a link, and must exist", async () => {
    expect((await list({}, path("b/loop"))).length).toBe((await list()).length);
    await expect(list({}, path("nowhere"))).rejects.toThrow(/nowhere: no such folder/);
    await expect(list({}, path("z.JPG"))).rejects.toThrow(/not a folder/);
  });
});

describe.skipIf(!canExchange)("while a folder and a link out of the root are exchanged", () => {
  it("nothing outside the root is listed, or opened to see what it is", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-exchanged-"));
    const inside = join(folder, "root");
    for (const name of ["root/in/deep", "outside/deep"]) await mkdir(join(folder, name), { recursive: true });
    const jpeg = Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0);
    for (const name of ["a.jpg", "photo", "deep/b.jpg"]) await writeFile(join(inside, "in", name), jpeg);
    for (const name of ["secret.jpg", "secret", "deep/secret.jpg"])
      await writeFile(join(folder, "outside", name), jpeg);
    await symlink(join(folder, "outside"), join(inside, "link"));
    const counts = { walks: 0, found: 0, links: 0 };
    await whileExchanging(join(inside, "in"), join(inside, "link"), async () => {
      for (; counts.walks < 300; counts.walks += 1) {
        const names = (await list({}, inside)).map((image) => image.path);
        expect(names.filter((name) => name.includes("secret"))).toEqual([]);
        counts.found += names.length;
        counts.links += names.length === 0 ? 1 : 0;
      }
    });
    expect(counts.found, JSON.stringify(counts)).toBeGreaterThan(0);
    expect(counts.links, JSON.stringify(counts)).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
  });

  it("a folder that was moved and has left a link behind is not where it was", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-linked-"));
    await mkdir(join(folder, "2019"));
    await writeFile(join(folder, "2019/a.jpg"), "a");
    const [image] = await list({}, folder);
    const files = directoryFiles({ root: folder, below: "" });
    expect(await files.isStillThere("2019/a.jpg", image?.fingerprint ?? "")).toBe(true);
    await mkdir(join(folder, "archive"));
    await rename(join(folder, "2019"), join(folder, "archive/2019"));
    await symlink("archive/2019", join(folder, "2019"));
    expect(await files.isStillThere("2019/a.jpg", image?.fingerprint ?? "")).toBe(false);
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(process.platform !== "linux")("a tree whose paths are longer than a system call takes", () => {
  it("is listed, and folders that are too deep are named", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-deep-"));
    let open = await openRoot({ root: folder, below: "" });
    for (let depth = 0; depth < 30; depth += 1) {
      const name = Buffer.from("d".repeat(200));
      const below = await openOrCreateBelow(open, name, { mode: 0o700, uid: 0, gid: 0 });
      await open.handle.close();
      open = below;
      await writeFile(pathOf({ folder: open, name: Buffer.from("a.jpg") }), "");
    }
    expect((await list({}, folder)).map(({ failure }) => failure)).toEqual(Array.from({ length: 30 }, () => null));
    await mkdir(pathOf({ folder: open, name: Buffer.from("e/".repeat(2_030)) }), { recursive: true });
    await open.handle.close();
    const failed = (await list({}, folder)).filter(({ failure }) => failure !== null);
    expect(failed).toMatchObject([{ failure: { detail: "folder: deeper than 2048 folders" } }]);
    execFileSync("rm", ["-rf", folder]);
  });
});

/** A memory file system stores any time; many disks only times up to the year 2446. */
const MEMORY = "/dev/shm";

describe("one odd file", () => {
  it.skipIf(!existsSync(MEMORY))(
    "has no date where its year is not of four digits, and costs no other file anything",
    async () => {
      const folder = await mkdtemp(join(MEMORY, "lookalike-times-"));
      const years = { "a.jpg": "30828-09-14", "b.jpg": "1601-01-01", "c.jpg": "-0044-03-15", "d.jpg": "2019-05-01" };
      for (const [name, day] of Object.entries(years)) {
        await writeFile(join(folder, name), name);
        const [, year = "", month = "", date = ""] = /^(-?\d+)-(\d\d)-(\d\d)$/.exec(day) ?? [];
        const time = new Date(0);
        time.setUTCFullYear(Number(year), Number(month) - 1, Number(date));
        await utimes(join(folder, name), time, time);
      }
      const found = await list({}, folder);
      expect(found.map(({ path: name, modifiedAt }) => [name, modifiedAt?.slice(0, 10) ?? null])).toEqual([
        ["a.jpg", null],
        ["b.jpg", "1601-01-01"],
        ["c.jpg", null],
        ["d.jpg", "2019-05-01"],
      ]);
      await rm(folder, { recursive: true });
    },
  );

  it("has no size where that is beyond what JSON can hold", async () => {
    expect(foundImage({ path: "a", fingerprint: "b", bytes: 2 ** 60, width: 2 ** 31, height: -1 })).toMatchObject({
      bytes: null,
      width: null,
      height: null,
    });
  });
});

describe("a listed file, when it is read", () => {
  const MAX = 100;
  const read = async (name: string, fingerprint: string): Promise<string> => {
    const file: Buffer | Outcome = readListedFile({ root: { root, below: "" }, path: name, fingerprint }, MAX);
    return Buffer.isBuffer(file) ? file.toString() : file.kind === "failed" ? file.failure.reason : file.kind;
  };
  const fingerprint = async (name: string): Promise<string> =>
    (await list()).find((image) => image.path === name)?.fingerprint ?? "";

  it("is read whole", async () => {
    expect(await read("z.JPG", await fingerprint("z.JPG"))).toBe("z.JPG");
  });

  it("is refused when its time has changed", async () => {
    const before = await fingerprint("b/2.png");
    await utimes(path("b/2.png"), 1, 1);
    expect(await read("b/2.png", before)).toBe("changed");
  });

  it("may be missing, unreadable, too large or a pipe by then", async () => {
    const name = "b/10.png";
    expect(await read("none.jpg", "")).toBe("missing");
    expect(await read("pipe.jpg", "")).toBe("not-a-regular-file");
    await chmod(path(name), 0o000);
    const closed = await fingerprint(name);
    expect(await unprivileged(() => read(name, closed))).toBe("unreadable");
    await chmod(path(name), 0o644);
    // Its mode is part of the fingerprint: a file whose permissions were corrected is read again.
    expect(await fingerprint(name)).not.toBe(closed);
    await writeFile(path(name), "x".repeat(MAX + 1));
    expect(await read(name, await fingerprint(name))).toBe("too-large");
  });
});

describe("a list of files", () => {
  it("is listed in its order, by relative and absolute paths, and nothing outside the root is looked at", async () => {
    const names = path("a/names.txt");
    const outside = await mkdtemp(join(tmpdir(), "lookalike-outside-"));
    await writeFile(join(outside, "secret.jpg"), "secret");
    await symlink(outside, path("link-out"));
    const lines = [
      "b/2.png",
      path("z.JPG"),
      "",
      "none.jpg\r",
      "../../etc/passwd",
      "link-out/secret.jpg",
      "link-out/absent.jpg",
      "DATABASE_PASSWORD=hunter2",
      "a/../b/10.png",
      `${"x".repeat(100_000)}.jpg`,
      "b\0/2.png",
      "b/2.png/deep.png",
      "a/notes.txt",
    ];
    await writeFile(names, lines.join("\n"));
    const found = await list({ list: names });
    expect(found.map((image) => [image.path, image.failure?.reason ?? null])).toEqual([
      ["b/2.png", null],
      ["z.JPG", null],
      ["none.jpg", "missing"],
      ["line 5 of names.txt", "bad-line"],
      ["line 6 of names.txt", "bad-line"],
      ["line 7 of names.txt", "bad-line"],
      ["line 8 of names.txt", "bad-line"],
      ["b/10.png", null],
      ["line 10 of names.txt", "bad-line"],
      ["line 11 of names.txt", "bad-line"],
      ["b/2.png/deep.png", "missing"],
      ["a/notes.txt", null],
    ]);
    await Promise.all([rm(names), rm(path("link-out")), rm(outside, { recursive: true })]);
  });

  it("is a regular file of a size and of lines that can be a list's", async () => {
    await expect(list({ list: path("none.txt") })).rejects.toThrow("none.txt: the file can't be read");
    await expect(list({ list: path("pipe.jpg") })).rejects.toThrow("pipe.jpg: not a file");
    await expect(list({ list: path("a") })).rejects.toThrow("a: not a file");
    await symlink("/etc/passwd", path("linked.txt"));
    await expect(list({ list: path("linked.txt") })).rejects.toThrow("linked.txt: the file can't be read");
    const large = path("large.txt");
    await writeFile(large, "");
    await truncate(large, MAX_TEXT_BYTES + 1);
    await expect(list({ list: large })).rejects.toThrow(`at most ${MAX_TEXT_BYTES} are read`);
    await writeFile(large, "secret\n".repeat(MAX_BAD_LINES + 1));
    const failing = list({ list: large });
    await expect(failing).rejects.toThrow(`line ${MAX_BAD_LINES + 1}. Is it the right file?`);
    await expect(failing).rejects.not.toThrow("secret");
    await Promise.all([rm(large), rm(path("linked.txt"))]);
  });
});
