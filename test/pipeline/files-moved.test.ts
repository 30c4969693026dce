import { chmod, cp, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMount, whileMounted } from "../support/mount.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openReviewedCatalog } from "../support/reviewed-catalog.ts";
import { WITH_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";

let system: System;
let reviewed: Awaited<ReturnType<typeof openReviewedCatalog>>;
let names: string[];
let known: Map<number, string>;

/** Every image of the catalog: its path by its ordinal. */
const images = async (): Promise<Map<number, string>> => {
  const { items } = await reviewed.get(`/catalogs/${reviewed.catalog}/images?limit=1000`);
  return new Map(items.map(({ ordinal, path }: { ordinal: number; path: string }) => [ordinal, path]));
};
const picture = (name: string): string => join(reviewed.root, name);
const undecided = async (job: string): Promise<unknown[]> =>
  (await reviewed.groupsOf(job)).filter(({ decision, reopened }) => decision === null || reopened !== null);

beforeAll(async () => {
  system = await startSystem();
  reviewed = await openReviewedCatalog(system);
  const entries = await readdir(reviewed.root, { withFileTypes: true });
  names = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
  const job = await reviewed.runJob();
  for (const { number, keeper } of await reviewed.groupsOf(job)) {
    const path = `/jobs/${job}/groups/${number}/decisions`;
    expect((await reviewed.call("POST", path, { verdict: "keep", keep: [keeper] })).status).toBe(201);
  }
  known = await images();
});
afterAll(() => system.stop());

/** A JPEG with one more comment after the start of the image. */
const withComment = (jpeg: Buffer, text: string): Buffer => {
  expect(jpeg.readUInt16BE(0)).toBe(0xffd8);
  const comment = Buffer.from(`\xff\xfe\0${String.fromCharCode(text.length + 2)}${text}`, "latin1");
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
};

/** Scans, and expects that each image has its ordinal and each group its decision. */
const expectAllKnown = async (): Promise<void> => {
  const job = await reviewed.runJob();
  expect([...(await images()).keys()].sort()).toEqual([...known.keys()].sort());
  expect(await undecided(job)).toEqual([]);
};

describe("what was decided about pictures stays, and none is hashed again, after", () => {
  it("a file was renamed, and another one moved into a new folder", async () => {
    await mkdir(picture("album"));
    await rename(picture(names[0] ?? ""), picture("renamed.jpg"));
    await rename(picture(names[1] ?? ""), picture(`album/${names[1]}`));
    await expectAllKnown();
    expect([...(await images()).values()]).toEqual(expect.arrayContaining(["renamed.jpg", `album/${names[1]}`]));
  });

  it("two files have exchanged their names", async () => {
    const [a, b] = [names[2] ?? "", names[3] ?? ""];
    await rename(picture(a), picture("other"));
    await rename(picture(b), picture(a));
    await rename(picture("other"), picture(b));
    await expectAllKnown();
  });

  it("files were touched, and have other modes", async () => {
    for (const name of names.slice(4)) {
      await utimes(picture(name), 1_600_000_000, 1_600_000_000);
      await chmod(picture(name), 0o600);
    }
    await expectAllKnown();
  });

  it("the folder is a copy on a disk with other inodes", async () => {
    const elsewhere = system.path("elsewhere");
    await rename(reviewed.root, elsewhere);
    await cp(elsewhere, reviewed.root, { recursive: true, preserveTimestamps: true });
    await expectAllKnown();
  });

  it("a file got other metadata, which its group says", async () => {
    const job = await reviewed.runJob();
    const [group] = await reviewed.groupsOf(job);
    const path = group?.members[0]?.path ?? "";
    const jpeg = await readFile(picture(path));
    await writeFile(picture(path), withComment(jpeg, "rating = 5"));
    const next = await reviewed.runJob();
    expect(await undecided(next)).toEqual([]);
    const changed = (await reviewed.groupsOf(next)).find(({ members }) =>
      members.some((member) => member.path === path),
    );
    expect(changed?.decision).toMatchObject({ verdict: "keep", undoes: group?.decision?.id });
    await writeFile(picture(path), jpeg);
    expect(await undecided(await reviewed.runJob())).toEqual([]);
    known = await images();
  });

  it("files were away for a scan, and are back under another name", async () => {
    const away = system.path("away");
    await mkdir(away);
    for (const name of names.slice(4, 8)) await rename(picture(name), join(away, name));
    await reviewed.runJob();
    expect((await images()).size).toBe(known.size - 4);
    const missing = async () => (await reviewed.get(`/catalogs/${reviewed.catalog}/missing-images`)).items;
    expect((await missing()).map(({ path }: { path: string }) => path)).toEqual(names.slice(4, 8));
    for (const name of names.slice(4, 8)) await rename(join(away, name), picture(`back ${name}`));
    await expectAllKnown();
    expect(await missing()).toEqual([]);
  });

  it("files got both other metadata and another place", async () => {
    const groups = await reviewed.groupsOf(await reviewed.runJob());
    const paths = groups.slice(1).flatMap(({ members }) => members.map(({ path }) => path));
    const edited = paths.filter((path) => path.endsWith(".jpg") && path !== names[9]);
    expect(edited.length).toBeGreaterThan(3);
    await mkdir(picture("sorted"));
    for (const path of edited) {
      const jpeg = withComment(await readFile(picture(path)), "rating = 4");
      await writeFile(picture(`sorted/${basename(path)}`), jpeg, { flag: "wx" });
      await rm(picture(path));
    }
    expect(await undecided(await reviewed.runJob())).toEqual([]);
    expect((await reviewed.get(`/catalogs/${reviewed.catalog}/missing-images`)).items).toEqual([]);
    known = await images();
  });
});

describe("a folder that has another name", () => {
  it("is the same catalog, with its decisions", async () => {
    const moved = system.path("moved pictures");
    await rename(reviewed.root, moved);
    const { client } = system;
    expect(await client.openCatalog(moved, directorySource(moved))).toBe(reviewed.catalog);
    await expectAllKnown();
    // And back, as a program does it.
    await rename(moved, reviewed.root);
    const back = { root: reviewed.root };
    expect((await reviewed.call("PATCH", `/catalogs/${reviewed.catalog}`, back)).json.source).toMatchObject(back);
    await expectAllKnown();
    const away = { root: system.path("nowhere") };
    expect((await reviewed.call("PATCH", `/catalogs/${reviewed.catalog}`, away)).status).toBe(403);
  });

  it("is another catalog where the first folder is still there", async () => {
    const copy = system.path("a copy");
    await cp(reviewed.root, copy, { recursive: true, preserveTimestamps: true });
    const { client } = system;
    expect(await client.openCatalog(copy, directorySource(copy))).not.toBe(reviewed.catalog);
  });
});

describe("the same files in another catalog, whose folder is inside this one", () => {
  it("are decided there, too, but not a second time where that was taken back", async () => {
    const { client } = system;
    const inside = join(reviewed.root, "album");
    const group = (await reviewed.groupsOf(await reviewed.runJob())).at(-1);
    for (const { path } of group?.members ?? []) await rename(picture(path), join(inside, path.replaceAll("/", "-")));
    await expectAllKnown();
    const catalog = await client.openCatalog("inside", directorySource(inside));
    const scan = async () => {
      const { json } = await reviewed.call("POST", `/catalogs/${catalog}/jobs`, {});
      await finished(client, json.id);
      return reviewed.groupsOf(json.id);
    };
    const [found] = await scan();
    expect(found?.decision?.verdict).toBe("keep");
    await reviewed.call("POST", `/catalogs/${catalog}/decisions/${found?.decision?.id}/undo`);
    expect((await scan())[0]?.decision).toBeNull();
  });
});

describe("decisions as a file", () => {
  it("hold for the same pictures in another catalog, under other names", async () => {
    const { client } = system;
    const file = await (
      await fetch(`${system.address}/v1/catalogs/${reviewed.catalog}/decisions/export`, { headers: WITH_KEY })
    ).text();
    const copy = system.path("restored");
    await mkdir(copy);
    await cp(reviewed.root, join(copy, "below"), { recursive: true });
    const catalog = await client.openCatalog("restored", directorySource(copy));
    const send = async (body: string): Promise<Response> =>
      fetch(`${system.address}/v1/catalogs/${catalog}/decisions/import`, {
        method: "POST",
        headers: { ...WITH_KEY, "content-type": "application/x-ndjson" },
        body,
      });
    expect((await send(file)).status).toBe(409);
    const { json } = await reviewed.call("POST", `/catalogs/${catalog}/jobs`, {});
    await finished(client, json.id);
    const decisions = file.trim().split("\n").length;
    expect(await (await send(file)).json()).toEqual({ imported: decisions, known: 0, unmatched: 0 });
    expect(await (await send(file)).json()).toEqual({ imported: 0, known: decisions, unmatched: 0 });
    expect(await undecided(json.id)).toEqual([]);
    const stranger = file.split("\n")[0]?.replaceAll(/"sha256":"./g, '"sha256":"0') ?? "";
    expect(await (await send(stranger)).json()).toMatchObject({ imported: 0 });
    expect(await (await send(`${file}{"verdict":"keep"}\n`)).json()).toMatchObject({
      status: 422,
      detail: expect.stringContaining(`Line ${decisions + 1} is not a decision`),
    });
  });
});

describe("a folder of which most is away", () => {
  it("stops the job and says what is likely, and all is as before when it is back", async () => {
    const many = system.path("many");
    await makePhotographs(many, 70, 120);
    const catalog = await system.client.openCatalog("many", directorySource(many));
    const scan = async (options = {}) => {
      const { json } = await reviewed.call("POST", `/catalogs/${catalog}/jobs`, options);
      return finished(system.client, json.id);
    };
    const groupsOf = async (job: string): Promise<unknown[]> =>
      (await reviewed.groupsOf(job)).map(({ keeper, kind, members }) => ({
        keeper,
        kind,
        members: members.map(({ ordinal, path }) => [ordinal, path]),
      }));
    const groups = await groupsOf((await scan()).id);
    const away = system.path("unmounted");
    await rename(many, away);
    await mkdir(many);
    expect(await scan()).toMatchObject({
      state: "failed",
      missingImages: 70,
      failure: expect.stringContaining("70 of 70 known images are missing. The folder is empty: is its disk"),
    });
    if (canMount)
      expect(await whileMounted(many, () => scan())).toMatchObject({
        state: "failed",
        failure: expect.stringContaining("empty, and on another device than at the last scan"),
      });
    expect((await reviewed.get(`/catalogs/${catalog}/images?limit=1000`)).items).toHaveLength(70);
    // Another disk in its place, as often as it is scanned, makes nothing less known, and leaves nothing behind.
    for (let number = 0; number < 300; number += 1) await writeFile(join(many, `other ${number}.jpg`), `${number}`);
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await scan()).toMatchObject({ state: "failed", missingImages: 70 });
    await rm(many, { recursive: true });
    // Back, with other inodes.
    await cp(away, many, { recursive: true, preserveTimestamps: true });
    expect(await groupsOf((await scan()).id)).toEqual(groups);
    expect((await reviewed.get(`/catalogs/${catalog}/missing-images`)).items).toEqual([]);
    // What its owner excludes is not missing, and is known again without the rule.
    const all = await readdir(many);
    const exclude = async (globs: string[]) => reviewed.call("PATCH", `/catalogs/${catalog}`, { exclude: globs });
    expect((await exclude(all.slice(0, 60))).status).toBe(200);
    expect(await scan()).toMatchObject({ state: "completed", totalImages: 10, fileCounts: { total: 70, images: 10 } });
    expect((await exclude([])).status).toBe(200);
    // A group that was dissolved has another number.
    expect(new Set(await groupsOf((await scan()).id))).toEqual(new Set(groups));
    const most = (await readdir(many)).slice(0, 60);
    const disk = join(many, "disk");
    await mkdir(disk);
    const moveToDisk = async () => {
      for (const name of most) {
        await cp(join(many, name), join(disk, name), { preserveTimestamps: true });
        await rm(join(many, name));
      }
      expect(await scan()).toMatchObject({ state: "completed", totalImages: 70 });
    };
    await (canMount ? whileMounted(disk, moveToDisk) : moveToDisk());
    if (!canMount) await rm(disk, { recursive: true });
    expect(await scan()).toMatchObject({
      state: "failed",
      missingImages: 60,
      failure: expect.stringContaining(
        canMount ? '60 were in "disk", where another disk or share was mounted' : 'All were in "disk".',
      ),
    });
    expect(await scan({ acceptMissing: true })).toMatchObject({ state: "completed", totalImages: 10 });
  });
});

describe("a picture that changed", () => {
  it("is hashed again although its size, its times and its inode are the same", async () => {
    const file = picture(names[9] ?? "");
    const { atime, mtime, size } = await stat(file);
    const handle = await open(file, "r+");
    await handle.write(Buffer.of(0xff, 0xfe, 0x00, 0x04, 0x20, 0x20), 0, 6, 2);
    await handle.close();
    await utimes(file, atime, mtime);
    expect((await stat(file)).size).toBe(size);
    await reviewed.runJob();
    expect(Math.max(...(await images()).keys())).toBeGreaterThan(Math.max(...known.keys()));
  });
});
