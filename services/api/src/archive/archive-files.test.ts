import { createHash } from "node:crypto";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { LockLostError } from "@lookalike/shared/store/exclusively";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canExchange, whileExchanging } from "../../../../test/support/exchange.ts";
import { archiveFiles, type Moved, restoreFiles } from "./archive-files.ts";
import { emptyFiles } from "./empty-archive.ts";
import { findFiles } from "./find-files.ts";
import { type Manifest, type ManifestEntry, readManifest, writeManifest } from "./manifest.ts";
import { type OpenArchive, withArchive } from "./open-archive.ts";
import { addFound } from "./plan-archive.ts";

const KEY = Buffer.alloc(32, 7);
const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-archive-"));
  root = join(folder, "root");
  await put("keeper.jpg", "picture");
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
};
const entry = (path: string, content = "picture"): ManifestEntry => ({
  path,
  sha256: sha256(content),
  bytes: content.length,
  keepers: [{ path: "keeper.jpg", sha256: sha256("picture") }],
});
const place = () => ({ id: "archive-1", root: { root, below: "" }, destination: null });
const plan = async (entries: ManifestEntry[]) =>
  addFound({ entries, refusals: [] }, await findFiles(place().root, entries), new Set());
/** Refusals of moves, as path and reason. */
const outcomes = async (moves: AsyncIterable<Moved>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const moved of moves)
    texts.push(
      moved.kind === "moved" ? `${moved.entry.path}: moved` : `${moved.refusal.path}: ${moved.refusal.reason}`,
    );
  return texts;
};
const HELD = { requireHeld: async (): Promise<void> => undefined };
const archive = async (entries: ManifestEntry[], lock = HELD): Promise<string[]> => {
  const planned = await plan(entries);
  return withArchive(
    place(),
    async (open) => {
      const digest = await writeManifest(open.folder, planned.entries, KEY);
      return outcomes(archiveFiles(open, await readManifest(open.folder, KEY, digest), lock));
    },
    true,
  );
};
const restore = (lines?: readonly string[], lock = HELD): Promise<string[]> =>
  withArchive(place(), async (open) => {
    const { lines: written } = await readManifest(open.folder, KEY, null);
    return outcomes(restoreFiles(open, { lines: lines ?? written }, lock));
  });
const filesUnder = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((file) => !file.isDirectory())
    .map((file) => join(file.parentPath, file.name).slice(path.length + 1))
    .filter((name) => !name.startsWith(ARCHIVE_FOLDER))
    .sort();

describe("archived files", () => {
  it("come back with the mode and time of their folders", async () => {
    await put("private/deep/a.jpg", "picture");
    await chmod(join(root, "private"), 0o700);
    const before = await lstat(join(root, "private/deep"), { bigint: true });
    expect(await archive([entry("private/deep/a.jpg")])).toEqual(["private/deep/a.jpg: moved"]);
    const archived = join(root, ARCHIVE_FOLDER, "archive-1/files/private");
    expect((await lstat(archived)).mode & 0o777).toBe(0o700);
    await rm(join(root, "private"), { recursive: true });
    expect(await restore()).toEqual(["private/deep/a.jpg: moved"]);
    expect((await lstat(join(root, "private"))).mode & 0o777).toBe(0o700);
    expect((await lstat(join(root, "private/deep"), { bigint: true })).mtimeNs).toBe(before.mtimeNs);
  });

  it("are closed to others in another folder, where those that closed their own are not above them", async () => {
    const closed = join(root, "closed");
    const open = join(root, "open");
    await mkdir(join(closed, "pictures"), { recursive: true });
    await mkdir(open);
    await chmod(join(closed, "pictures"), 0o755);
    await chmod(closed, 0o700);
    const at = (path: string) => ({ root: path, below: "" });
    const place = { id: "archive-1", root: at(join(closed, "pictures")), destination: at(open) };
    await withArchive(place, async () => undefined, true);
    for (const folder of ["", "archive-1", "archive-1/files"])
      expect((await lstat(join(open, ARCHIVE_FOLDER, folder))).mode & 0o777).toBe(0o700);
    await withArchive({ ...place, id: "archive-2", destination: null }, async () => undefined, true);
    expect((await lstat(join(closed, "pictures", ARCHIVE_FOLDER))).mode & 0o777).toBe(0o755);
  });

  it("stay when no keeper has its bytes, or the keeper is the same file by another name", async () => {
    await put("a.jpg", "picture");
    await put("b.jpg", "other");
    await put("keeper.jpg", "picturE");
    expect(await archive([entry("a.jpg")])).toEqual(["a.jpg: none of the images to keep is there as it was"]);
    expect(await filesUnder(root)).toEqual(["a.jpg", "b.jpg", "keeper.jpg"]);
  });

  it("are planned only with all names of their file", async () => {
    for (const name of ["a.jpg", "b.jpg"]) await put(name, "picture");
    await link(join(root, "a.jpg"), join(root, "a2.jpg"));
    await link(join(root, "b.jpg"), join(root, "b2.jpg"));
    const { entries, refusals } = await plan([entry("a.jpg"), entry("a2.jpg"), entry("b.jpg"), entry("gone.jpg")]);
    expect(entries.map(({ path, linkOf }) => [path, linkOf])).toEqual([
      ["a.jpg", undefined],
      ["a2.jpg", "a.jpg"],
    ]);
    expect(refusals).toEqual([
      { path: "b.jpg", reason: expect.stringContaining("hard link") },
      { path: "gone.jpg", reason: "the file is gone" },
    ]);
  });

  it("that lose their mode on the way back are restored, and that is said", async () => {
    await put("a.jpg", "picture");
    await archive([entry("a.jpg")]);
    await chmod(join(root, ARCHIVE_FOLDER, "archive-1/files/a.jpg"), 0o444);
    const moves = await withArchive(place(), async (open) => {
      const { lines } = await readManifest(open.folder, KEY, null);
      const all: Moved[] = [];
      for await (const moved of restoreFiles(open, { lines }, HELD)) all.push(moved);
      return all;
    });
    expect(moves).toMatchObject([{ kind: "moved", remark: "restored, but its mode is not what it was" }]);
    expect(await filesUnder(root)).toEqual(["a.jpg", "keeper.jpg"]);
  });

  it("that can't be restored now can be later", async () => {
    for (const name of ["in/a.jpg", "in/b.jpg", "c/d.jpg"]) await put(name, "picture");
    await archive([entry("in/a.jpg"), entry("in/b.jpg"), entry("c/d.jpg")]);
    await put("in/a.jpg", "new");
    await rm(join(root, "c"), { recursive: true });
    await put("c", "a file");
    expect(await restore()).toEqual([
      "in/a.jpg: there is another file under that name",
      "in/b.jpg: moved",
      "c/d.jpg: a file has taken the place of a folder above it",
    ]);
    await rm(join(root, "in/a.jpg"));
    await rm(join(root, "c"));
    expect(await restore()).toEqual(["in/a.jpg: moved", "c/d.jpg: moved"]);
    expect(await restore()).toEqual([]);
    expect(await filesUnder(root)).toEqual(["c/d.jpg", "in/a.jpg", "in/b.jpg", "keeper.jpg"]);
  });
});

describe("when another process may work on the archive, because its lock is lost", () => {
  /** A lock that is lost at one of the steps at which it is needed. */
  const heldFor = (steps: number) => {
    let left = steps;
    return {
      requireHeld: async (): Promise<void> => {
        left -= 1;
        if (left < 0) throw new LockLostError("the connection is lost");
      },
    };
  };

  it("no more names are removed, no file is refused for it, and another call goes on", async () => {
    const names = ["a.jpg", "b.jpg", "c.jpg"];
    for (const name of names) await put(name, "picture");
    const entries = names.map((name) => entry(name));
    await expect(archive(entries, heldFor(1))).rejects.toThrow(LockLostError);
    expect(await filesUnder(root)).toEqual(["b.jpg", "c.jpg", "keeper.jpg"]);
    const continued = await withArchive(place(), async (open) =>
      outcomes(archiveFiles(open, await readManifest(open.folder, KEY, null), HELD)),
    );
    expect(continued).toEqual(names.map((name) => `${name}: moved`));
    expect(await filesUnder(root)).toEqual(["keeper.jpg"]);
  });

  it("nothing more is restored or deleted", async () => {
    for (const name of ["a.jpg", "b.jpg"]) await put(name, "picture");
    await archive([entry("a.jpg"), entry("b.jpg")]);
    await expect(restore(undefined, heldFor(0))).rejects.toThrow(LockLostError);
    const archived = await withArchive(place(), async (open) => {
      const manifest = await readManifest(open.folder, KEY, null);
      await expect(outcomes(emptyFiles(open, manifest, ({ keepers }) => keepers, heldFor(1)))).rejects.toThrow(
        LockLostError,
      );
      return readdir(join(root, ARCHIVE_FOLDER, "archive-1/files"));
    });
    expect(archived).toEqual(["b.jpg"]);
  });
});

describe("a manifest", () => {
  const problemOf = (change: (open: OpenArchive) => Promise<Manifest>): Promise<string | null> =>
    withArchive(place(), change, true).then(({ problem }) => problem);
  const manifestOf = (id = "archive-1"): string => join(root, ARCHIVE_FOLDER, id, "manifest.ndjson");

  it("is trusted only with the installation's signature, as the table knows it", async () => {
    const write = ({ folder }: OpenArchive) => writeManifest(folder, [entry("a.jpg")], KEY);
    const digest = await withArchive(place(), write, true);
    const read = (key: Buffer, known: string | null) => problemOf(({ folder }) => readManifest(folder, key, known));
    expect(await read(KEY, digest)).toBeNull();
    expect(await read(Buffer.alloc(32, 8), digest)).toMatch(/another installation/);
    expect(await read(KEY, sha256("of another archive"))).toMatch(/another manifest/);
    await writeFile(manifestOf(), (await readFile(manifestOf(), "utf8")).replace("a.jpg", "b.jpg"));
    expect(await read(KEY, digest)).toMatch(/changed/);
    await rm(join(dirname(manifestOf()), "manifest.hmac"));
    expect(await read(KEY, digest)).toMatch(/no signature/);
    await symlink("/etc/hostname", join(dirname(manifestOf()), "manifest.hmac"));
    expect(await read(KEY, digest)).toMatch(/no signature/);
  });

  it("that was edited leads nowhere else", async () => {
    await put("a.jpg", "picture");
    await archive([entry("a.jpg")]);
    await writeFile(join(folder, "victim.jpg"), "picture");
    const paths = ["../victim.jpg", join(folder, "victim.jpg"), "", "x/", "x\0y", "x/../../victim.jpg"];
    const inArchive = `${ARCHIVE_FOLDER}/archive-1/manifest.ndjson`;
    const lines = [...paths, inArchive, "a.jpg", "a.jpg"].map((path) => JSON.stringify(entry(path)));
    expect(await restore([...lines, "{", "{}"])).toEqual([
      ...paths.map((path) => `${path}: the path does not stay below the catalog's folder`),
      `${inArchive}: the path leads into an archive`,
      "a.jpg: moved",
      "a.jpg: the manifest names it twice",
      expect.stringMatching(/^manifest.ndjson, line 10: the line can't be read/),
      expect.stringMatching(/^manifest.ndjson, line 11: the line can't be read/),
    ]);
    expect(await readFile(join(folder, "victim.jpg"), "utf8")).toBe("picture");
    expect(await filesUnder(folder)).toHaveLength(3 + 2);
  });

  it("can't turn a file into another one", async () => {
    await put("a.jpg", "picture");
    await archive([entry("a.jpg")]);
    await writeFile(join(root, ARCHIVE_FOLDER, "archive-1/files/a.jpg"), "exchanged");
    expect(await restore()).toEqual(["a.jpg: its bytes are not the ones that were read"]);
    expect(await filesUnder(root)).toEqual(["keeper.jpg"]);
  });
});

describe("an archive folder that is a link", () => {
  it.each(["", "/archive-1", "/archive-1/files", "/archive-1/files/in"])("at %j is not followed", async (at) => {
    await put("in/a.jpg", "picture");
    const outside = join(folder, "outside");
    await mkdir(outside);
    await mkdir(dirname(join(root, ARCHIVE_FOLDER + at)), { recursive: true });
    await symlink(outside, join(root, ARCHIVE_FOLDER + at));
    const outcome = await archive([entry("in/a.jpg")]).catch(({ code }) => code);
    expect(outcome).toEqual(
      at.endsWith("in") ? ["in/a.jpg: a link has taken the place of the file or of a folder above it"] : "ELOOP",
    );
    expect(await readdir(outside)).toEqual([]);
    expect(await filesUnder(root)).toEqual(["in/a.jpg", "keeper.jpg"]);
  });
});

describe.skipIf(!canExchange)("while a folder and a link out of the root are exchanged", () => {
  it("nothing outside is moved, and no file is lost", { timeout: 120_000 }, async () => {
    const names = Array.from({ length: 12 }, (_, number) => `in/${number}.jpg`);
    for (const name of names) await put(name, "picture");
    await mkdir(join(folder, "outside"));
    for (const name of names) await writeFile(join(folder, "outside", name.slice(3)), "picture");
    const outside = await filesUnder(join(folder, "outside"));
    await symlink(join(folder, "outside"), join(root, "link"));
    const planned = await plan(names.map((name) => entry(name)));
    expect(planned.refusals).toEqual([]);
    await withArchive(
      place(),
      async (open) => {
        const digest = await writeManifest(open.folder, planned.entries, KEY);
        const manifest = await readManifest(open.folder, KEY, digest);
        const attempt = async (): Promise<void> => {
          await outcomes(archiveFiles(open, manifest, HELD));
          await outcomes(restoreFiles(open, manifest, HELD));
        };
        await whileExchanging(join(root, "in"), join(root, "link"), async () => {
          for (let round = 0; round < 2; round += 1) await attempt();
        });
        // The link may have the folder's name at the end.
        if ((await lstat(join(root, "in"))).isSymbolicLink()) {
          await rename(join(root, "in"), join(root, "other"));
          await rename(join(root, "link"), join(root, "in"));
        }
        await attempt();
      },
      true,
    );
    expect(await filesUnder(join(folder, "outside"))).toEqual(outside);
    const inside = (await filesUnder(root)).filter((name) => name.startsWith("in/"));
    expect(inside).toEqual([...names].sort());
  });
});
