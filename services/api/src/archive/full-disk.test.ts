import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openRoot } from "@lookalike/shared/sources/folder-handle";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { canMount, FILLER, mountSmallDisk, type SmallDisk } from "../../../../test/support/small-disk.ts";
import { archiveFiles, type Moved, restoreFiles } from "./archive-files.ts";
import { copyFileTo } from "./copy-file.ts";
import { findFiles } from "./find-files.ts";
import { type ManifestEntry, readManifest, writeManifest } from "./manifest.ts";
import { type ArchivePlace, removeEmptyArchive, withArchive } from "./open-archive.ts";
import { addFound } from "./plan-archive.ts";
import { folderReasonOf, reasonOf, reasonOfProgram } from "./reason.ts";

/** Root may change every folder. */
const isRootHere = process.getuid?.() === 0;
const KEY = Buffer.alloc(32, 7);
const HELD = { requireHeld: async (): Promise<void> => undefined };
const FILE_BYTES = 64 * 1_024;
const NAMES = ["in/a.jpg", "in/b.jpg", "in/c.jpg"];
const FULL = (name: string): string => `${name}: the disk is full`;
const MOVED = (name: string): string => `${name}: moved`;

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const contentOf = (name: string): Buffer => Buffer.alloc(FILE_BYTES, name);

const entryOf = (name: string): ManifestEntry => ({
  path: name,
  sha256: sha256(contentOf(name)),
  bytes: FILE_BYTES,
  keepers: [{ path: "keeper.jpg", sha256: sha256(contentOf("keeper.jpg")) }],
});

const outcomes = async (moves: AsyncIterable<Moved>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const moved of moves)
    texts.push(moved.kind === "moved" ? MOVED(moved.entry.path) : `${moved.refusal.path}: ${moved.refusal.reason}`);
  return texts;
};

/** Every file below a folder that somebody could take for a picture: all but manifests and what fills the disk. */
const filesUnder = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile() && !file.name.startsWith("manifest") && !file.name.startsWith(FILLER))
    .map((file) => join(file.parentPath, file.name))
    .sort();

describe.skipIf(!canMount)("on a disk that is full", () => {
  let disk: SmallDisk;
  let other: string;
  beforeEach(async () => {
    disk = await mountSmallDisk(1_048_576);
    other = await mkdtemp(join(tmpdir(), "lookalike-full-"));
  });
  afterEach(async () => {
    await disk.unmount();
    await rm(other, { recursive: true });
  });
  const at = (root: string) => ({ root, below: "" });
  const put = async (root: string): Promise<void> => {
    for (const name of ["keeper.jpg", ...NAMES]) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), contentOf(name));
    }
  };
  const archive = async (place: ArchivePlace): Promise<string[]> => {
    const entries = NAMES.map(entryOf);
    const planned = addFound({ entries, refusals: [] }, await findFiles(place.root, entries), new Set());
    return withArchive(
      place,
      async (opened) => {
        const digest = await writeManifest(opened.folder, planned.entries, KEY);
        return outcomes(archiveFiles(opened, await readManifest(opened.folder, KEY, digest), HELD));
      },
      true,
    );
  };
  const again = (place: ArchivePlace, work: typeof archiveFiles | typeof restoreFiles): Promise<string[]> =>
    withArchive(place, async (opened) => outcomes(work(opened, await readManifest(opened.folder, KEY, null), HELD)));
  const expectContents = async (folder: string, names: readonly string[]): Promise<void> => {
    for (const name of names) expect((await readFile(join(folder, name))).equals(contentOf(name))).toBe(true);
  };

  it("an archive says which files are left and why, has no half file, and goes on when there is space", async () => {
    await put(other);
    const place = { id: "archive-1", root: at(other), destination: at(disk.path) };
    // Room for the manifest and for one file.
    await disk.fill(1.5 * FILE_BYTES);
    const [first, ...rest] = NAMES;
    expect(await archive(place)).toEqual([MOVED(first ?? ""), ...rest.map(FULL)]);
    const files = join(disk.path, ".lookalike-archive/archive-1/files");
    expect(await filesUnder(disk.path)).toEqual([join(files, first ?? "")]);
    await expectContents(other, rest);
    // Nor does what an earlier process left when it was killed in the middle of a copy.
    await writeFile(join(files, "in/.lookalike-archive--1.part"), "half");
    expect(await again(place, archiveFiles)).toEqual([MOVED(first ?? ""), ...rest.map(FULL)]);
    expect(await filesUnder(disk.path)).toEqual([join(files, first ?? "")]);
    await disk.free();
    expect(await again(place, archiveFiles)).toEqual(NAMES.map(MOVED));
    expect(await filesUnder(other)).toEqual([join(other, "keeper.jpg")]);
    await expectContents(files, NAMES);
  });

  it("an archive that can't even be begun leaves nothing there", async () => {
    await put(other);
    for (const [left, options] of [
      [0, "nr_inodes=0"],
      [FILE_BYTES, "nr_inodes=6"],
    ] as const) {
      await disk.unmount();
      disk = await mountSmallDisk(1_048_576, options);
      await disk.fill(left);
      const place = { id: "archive-1", root: at(other), destination: at(disk.path) };
      expect(await archive(place).catch(folderReasonOf)).toBe("the disk is full");
      await removeEmptyArchive(place);
      expect(await readdir(disk.path)).toEqual([expect.stringContaining(FILLER)]);
    }
    await expectContents(other, NAMES);
  });

  it("a restore says which files are left and why, has no half file, and goes on when there is space", async () => {
    await put(disk.path);
    const place = { id: "archive-1", root: at(disk.path), destination: at(other) };
    expect(await archive(place)).toEqual(NAMES.map(MOVED));
    await disk.fill(1.5 * FILE_BYTES);
    const [first, ...rest] = NAMES;
    expect(await again(place, restoreFiles)).toEqual([MOVED(first ?? ""), ...rest.map(FULL)]);
    expect(await filesUnder(disk.path)).toEqual([join(disk.path, first ?? ""), join(disk.path, "keeper.jpg")]);
    expect(await again(place, restoreFiles)).toEqual(rest.map(FULL));
    await disk.free();
    expect(await again(place, restoreFiles)).toEqual(rest.map(MOVED));
    await expectContents(disk.path, NAMES);
    expect(await filesUnder(other)).toEqual([]);
  });

  it("a restore on the same disk waits for the space that a folder needs", async () => {
    await disk.unmount();
    disk = await mountSmallDisk(1_048_576, "nr_inodes=20");
    await put(disk.path);
    const place = { id: "archive-1", root: at(disk.path), destination: null };
    expect(await archive(place)).toEqual(NAMES.map(MOVED));
    await rm(join(disk.path, "in"), { recursive: true });
    await disk.fillNames();
    expect(await again(place, restoreFiles)).toEqual(NAMES.map(FULL));
    await disk.free();
    expect(await again(place, restoreFiles)).toEqual(NAMES.map(MOVED));
    await expectContents(disk.path, NAMES);
  });

  it.each(["cp", "Node, where there is no cp"])("a copy by %s that does not fit leaves nothing", async (program) => {
    if (program !== "cp") vi.stubEnv("PATH", "");
    await put(other);
    await disk.fill(FILE_BYTES / 2);
    const source = await open(join(other, "in/a.jpg"));
    const target = await openRoot(at(disk.path));
    const copied = copyFileTo(
      {
        to: { folder: target, name: Buffer.from("a.jpg") },
        sha256: sha256(contentOf("in/a.jpg")),
        spareName: Buffer.from(".spare"),
        attributes: null,
        twin: null,
        ...HELD,
      },
      source,
      await source.stat({ bigint: true }),
    );
    expect(await copied.catch(reasonOf)).toBe("the disk is full");
    expect(await readdir(disk.path)).toEqual([expect.stringContaining(FILLER)]);
    for (const handle of [source, target.handle]) await handle.close();
    vi.unstubAllEnvs();
  });

  it.skipIf(isRootHere)("or whose folder may not be changed, nothing is moved, and the reason is said", async () => {
    await put(disk.path);
    const place = { id: "archive-1", root: at(disk.path), destination: at(other) };
    await chmod(join(disk.path, "in"), 0o500);
    const refused = (name: string): string => `${name}: its folder may not be changed: permission denied`;
    expect(await archive(place)).toEqual(NAMES.map(refused));
    expect(await filesUnder(join(other, ".lookalike-archive"))).toEqual([]);
    await chmod(join(disk.path, "in"), 0o700);
    expect(await again(place, archiveFiles)).toEqual(NAMES.map(MOVED));
  });

  it("or read-only, nothing is moved, and the reason is said", async () => {
    await put(disk.path);
    const place = { id: "archive-1", root: at(disk.path), destination: at(other) };
    disk.setReadOnly(true);
    const readOnly = (name: string): string => `${name}: the disk or folder is read-only`;
    expect(await archive(place)).toEqual(NAMES.map(readOnly));
    expect(await filesUnder(join(other, ".lookalike-archive"))).toEqual([]);
    disk.setReadOnly(false);
    expect(await again(place, archiveFiles)).toEqual(NAMES.map(MOVED));
    disk.setReadOnly(true);
    expect(await again(place, restoreFiles)).toEqual(NAMES.map(readOnly));
    disk.setReadOnly(false);
    expect(await again(place, restoreFiles)).toEqual(NAMES.map(MOVED));
    expect((await stat(join(disk.path, "in/a.jpg"))).size).toBe(FILE_BYTES);
  });
});

describe("reasons", () => {
  const errorOf = (code: string): Error => Object.assign(new Error(code), { code, syscall: "open" });

  it("are words for whoever is not a programmer", () => {
    expect(["ENOSPC", "EDQUOT", "EROFS", "EACCES"].map((code) => reasonOf(errorOf(code)))).toEqual([
      "the disk is full",
      "the disk quota is used up",
      "the disk or folder is read-only",
      "its folder may not be changed: permission denied",
    ]);
  });

  it("of cp are those of the system", () => {
    const prefix = "cp: error writing '/proc/self/fd/4': ";
    expect(
      ["No space left on device", "Disk quota exceeded", "Read-only file system", "Permission denied"].map((text) =>
        reasonOfProgram(prefix + text),
      ),
    ).toEqual(["ENOSPC", "EDQUOT", "EROFS", "EACCES"].map((code) => reasonOf(errorOf(code))));
    expect(reasonOfProgram(`${prefix}Operation not supported`)).toBeNull();
  });
});
