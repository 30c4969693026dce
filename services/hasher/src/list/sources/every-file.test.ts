import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FileTally, fileCountsText } from "@lookalike/shared/domain/job/file-counts";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount, whileMounted } from "../../../../../test/support/mount.ts";
import { BUILT_IN_EXCLUDES } from "./built-in-excludes.ts";
import { listDirectory } from "./directory.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lookalike-every-file-"));
  await chmod(root, 0o755);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = async (files: Readonly<Record<string, Buffer | string>>): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
};

const walk = async (globs: { include?: string[]; exclude?: string[] } = {}) => {
  const tally = new FileTally();
  const source = { kind: "directory" as const, root, include: [], exclude: [], svg: false, list: null, ...globs };
  const images: string[] = [];
  for await (const { path } of listDirectory(source, { root, below: "" }, tally)) images.push(path);
  const counts = tally.counts();
  const found = spawnSync("find", [root, "-type", "f", "-printf", "."]).stdout.length;
  expect(counts.total).toBe(found);
  return { images, counts, unlisted: tally.unlisted, mounts: tally.mounts };
};

const picture = () => sharp({ create: { width: 60, height: 40, channels: 3, background: "#369" } });

describe("every file under the root is counted once, and the sum is what find counts", () => {
  it("by its content where its name says nothing: without, with an unknown, with a wrong extension", async () => {
    const jpeg = await picture().jpeg().toBuffer();
    await write({
      "a.jpg": jpeg,
      "without-extension": jpeg,
      "a.mpo": jpeg,
      "holiday.txt": jpeg,
      "IMG_1.jpg.bak": await picture().png().toBuffer(),
      // Its directory of tags is behind the pixels, where the first bytes do not reach.
      scan: await sharp({ create: { width: 300, height: 300, channels: 3, background: "#963" } })
        .tiff({ compression: "none" })
        .toBuffer(),
      "a.backup": Buffer.from(`8BPS\0\x01${"\0".repeat(60)}`),
      "DSC_1.NEF": Buffer.alloc(5_000, 7),
      "DSC_2.dng": await picture().tiff().toBuffer(),
      "notes.txt": "no picture",
      empty: "",
      "film.mp4": "no picture either",
      "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    });
    const { images, counts } = await walk();
    expect(images).toEqual(["IMG_1.jpg.bak", "a.jpg", "a.mpo", "holiday.txt", "scan", "without-extension"]);
    expect(counts).toMatchObject({
      images: 6,
      unsupported: { "raw (NEF)": 1, "raw (DNG)": 1, psd: 1, "svg (option svg)": 1 },
      notImages: { txt: 1, "(none)": 1, mp4: 1 },
    });
    expect(fileCountsText(counts)).toMatch(/^13 files: 6 images, 4 unsupported \(.*raw \(NEF\) 1.*\), 3 not images \(/);
  });

  it("as companions of the picture that they are named after", async () => {
    const names = [
      "IMG_1.MOV",
      "IMG_1.aae",
      "IMG_O1.AAE",
      "img_1.xmp",
      "IMG_1.jpg.xmp",
      "IMG_1.jpg.supplemental-metadata.json",
    ];
    await write({ "IMG_1.jpg": "", "other.mov": "", "other.json": "{}" });
    await write(Object.fromEntries(names.map((name) => [name, ""])));
    const { counts, unlisted } = await walk();
    expect(counts).toMatchObject({
      images: 1,
      companions: { mov: 1, aae: 2, xmp: 2, json: 1 },
      notImages: { mov: 1, json: 1 },
    });
    expect(unlisted.filter((file) => file.class === "companion").map(({ path }) => path)).toEqual([...names].sort());
  });

  it("as excluded by a built-in rule, at any depth and in any case; the rules are in the documentation", async () => {
    const rules = Object.values(BUILT_IN_EXCLUDES).flat();
    const nameOf = (rule: string): string => rule.replace("!(originals|Masters)", "resources").replaceAll("*", "1000");
    for (const rule of rules) await write({ [`deep/${nameOf(rule)}/below/a.jpg`]: "", [`x/${nameOf(rule)}.jpg`]: "" });
    await write({ "THUMBS.DB": "", ".lookalike-archive/a/b.jpg": "", "All.photoslibrary/originals/0/a.jpg": "" });
    await write({ "state/access-key": "", "state/secret": "", "state/logs/api.log": "", "state/demo/a.jpg": "" });
    const { images, counts } = await walk();
    expect(images.filter((path) => path.startsWith("deep/"))).toEqual([]);
    expect(images).toContain("All.photoslibrary/originals/0/a.jpg");
    for (const rule of [...rules, ".lookalike-archive"]) expect(counts.excluded, rule).toHaveProperty([rule]);
    const documented = await readFile(new URL("../../../../../docs/sources.md", import.meta.url), "utf8");
    for (const rule of rules) expect(documented).toContain(`\`${rule.replace("|", "\\|")}\``);
    expect(counts.excluded).toMatchObject({ "Thumbs.db": 2, "Lookalike's data folder": 4 });
  });

  it("as excluded by the owner's rules: the last one that matches decides, and ! takes one back", async () => {
    await write({ "a.jpg": "", "a.png": "", "trip/a.png": "", "trip/b.jpg": "", ".cache/c.jpg": "", ".git/d.jpg": "" });
    await write({ ".lookalike-archive/e.jpg": "" });
    const { images, counts } = await walk({ exclude: ["*.png", "!trip/*.png", "!.cache"] });
    expect(images).toEqual(["a.jpg", ".cache/c.jpg", "trip/a.png", "trip/b.jpg"]);
    expect(counts.excluded).toEqual({ "*.png": 1, ".git": 1, ".lookalike-archive": 1 });
    expect((await walk({ exclude: ["trip"], include: ["*.jpg"] })).counts.excluded).toMatchObject({
      trip: 2,
      "not included": 1,
    });
    expect((await walk({ exclude: ["!**"] })).counts.excluded).toEqual({ ".lookalike-archive": 1 });
  });

  it("as unreadable, by name; links and pipes are no files", async () => {
    await write({ "a.jpg": "", "secret.dat": "x", "closed/b.jpg": "", "lost+found/c.jpg": "" });
    await symlink("a.jpg", join(root, "link.jpg"));
    execFileSync("mkfifo", [join(root, "pipe")]);
    const isRoot = process.getuid?.() === 0;
    await Promise.all(["secret.dat", "closed", "lost+found"].map((name) => chmod(join(root, name), 0o000)));
    if (isRoot) process.seteuid?.(65_534);
    const { images, counts } = await walk().finally(() => isRoot && process.seteuid?.(0));
    await Promise.all(["closed", "lost+found"].map((name) => chmod(join(root, name), 0o755)));
    expect(images.toSorted()).toEqual(["a.jpg", "closed", "secret.dat"]);
    expect(counts).toMatchObject({
      total: 2,
      unreadable: 1,
      notFiles: { "symbolic link": 1, "pipe, socket or device": 1 },
    });
    expect(counts.unreadablePaths.map(({ path }) => path).toSorted()).toEqual(["closed", "lost+found", "secret.dat"]);
  });
});

describe.skipIf(!canMount)("a disk that is mounted below the root", () => {
  it("is a mount, as the root is, unless its folder is excluded", async () => {
    await write({ "usb/.keep": "", ".cache/.keep": "", "a.jpg": "" });
    const device = (await stat(root)).dev;
    expect((await walk()).mounts).toEqual([{ path: "", device: String(device) }]);
    await whileMounted(join(root, "usb"), async () => {
      await write({ "usb/deep/b.jpg": "" });
      const other = String((await stat(join(root, "usb"))).dev);
      const { images, mounts } = await walk();
      expect(images).toEqual(["a.jpg", "usb/deep/b.jpg"]);
      expect(mounts).toEqual([
        { path: "", device: String(device) },
        { path: "usb", device: other },
      ]);
    });
    await whileMounted(join(root, ".cache"), async () => expect((await walk()).mounts).toHaveLength(1));
  });
});
