import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openReviewedCatalog } from "../support/reviewed-catalog.ts";
import { canMountForAll, mountSmallDisk } from "../support/small-disk.ts";
import { startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
/** Memory that looks like a disk: on Linux one of its own. */
const OTHER_DISK = "/dev/shm";
const system = await startSystem();
const { call, catalog, get, groupsOf, groupWith, root, runJob } = await openReviewedCatalog(system);
afterAll(() => system.stop());
const hasOtherDisk = await stat(OTHER_DISK).then(
  async ({ dev }) => dev !== (await stat(root)).dev,
  () => false,
);

describe("exports and archives", () => {
  it("a rule is previewed, then decides many groups at once; exports say what was decided", async () => {
    await copyFile(join(root, "scene-05.jpg"), join(root, 'it\'s $HOME `x` "5".jpg'));
    const job = await runJob();
    const rule = { kinds: ["exact", "variant"] };
    const preview = (await call("POST", `/jobs/${job}/decisions`, rule)).json;
    expect(preview).toMatchObject({ preview: true, removed: expect.any(Number) });
    expect(await groupsOf(job, "&decided=true")).toHaveLength(0);
    const done = (await call("POST", `/jobs/${job}/decisions`, { ...rule, preview: false })).json;
    expect(done).toEqual({ ...preview, preview: false });
    expect(await groupsOf(job, "&decided=true")).toHaveLength(preview.groups);

    const lines = (await get(`/jobs/${job}/export?format=ndjson`)).trim().split("\n");
    const rows: { decision: string | null; path: string }[] = lines.map((line: string) => JSON.parse(line));
    const removed = rows.filter(({ decision }) => decision === "remove").map(({ path }) => path);
    expect(removed).toHaveLength(preview.removed);
    expect((await get(`/jobs/${job}/export?format=csv`)).split("\n")).toHaveLength(rows.length + 2);

    const script = system.path("export.sh");
    await writeFile(script, await get(`/jobs/${job}/export?format=sh`));
    const printed = (await run("sh", [script])).stdout.trim().split("\n");
    expect(printed).toEqual(removed.map((path) => `./${path}`));
    await run("sh", [script, "test -f"]);
    const tags = await get(`/jobs/${job}/export?format=tags`);
    expect(tags).toMatch(/^SourceFile,XMP-digiKam:TagsList\n.*,Lookalike\/(Keep|Remove)$/m);
  });

  it("a rule by folder keeps all that lies in it, and says nothing of groups that do not lie across", async () => {
    await mkdir(join(root, "library"));
    for (const name of ["scene-03.jpg", "scene-04.jpg"]) await copyFile(join(root, name), join(root, "library", name));
    const job = await runJob();
    const rule = { kinds: ["exact", "variant", "derivative"], keepUnder: "library/" };
    const preview = (await call("POST", `/jobs/${job}/decisions`, rule)).json;
    const { groups } = (await call("POST", `/jobs/${job}/decisions`, { ...rule, preview: false })).json;
    expect([preview.groups, preview.kept, groups]).toEqual([2, 2, 2]);
    for (const name of ["scene-03.jpg", "scene-04.jpg"]) {
      const { decision, members } = await get(
        `/jobs/${job}/groups/${(await groupWith(job, `library/${name}`))?.number}`,
      );
      const kept = members.filter(({ ordinal }: { ordinal: number }) => decision.keep.includes(ordinal));
      expect(kept.map(({ path }: { path: string }) => path)).toEqual([`library/${name}`]);
    }
    for (const { id } of (await get(`/catalogs/${catalog}/decisions?limit=2`)).items)
      await call("POST", `/catalogs/${catalog}/decisions/${id}/undo`);
    await rm(join(root, "library"), { recursive: true });
    await runJob();
  });

  const filesUnder = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .filter((name) => !name.startsWith(".lookalike-archive"))
      .sort();

  const finishedArchive = async (id: string) => {
    await until(async () => /ed$/.test((await get(`/archives/${id}`)).state));
    return get(`/archives/${id}`);
  };

  it("archive moves what was decided to go, refuses what changed, and restore puts all back", async () => {
    const before = await filesUnder(root);
    const contents = new Map(
      await Promise.all(before.map(async (name) => [name, await readFile(join(root, name))] as const)),
    );
    const latest = (await get(`/catalogs/${catalog}/statistics`)).job;
    const rows: { decision: string; path: string; group: number }[] = (
      await get(`/jobs/${latest}/export?format=ndjson`)
    )
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line));
    const removed = rows.filter(({ decision }) => decision === "remove");
    const changed = removed[0]?.path ?? "";
    await writeFile(join(root, changed), Buffer.concat([contents.get(changed) ?? Buffer.alloc(0), Buffer.from(" ")]));
    const keeperGone = removed.find(({ group }) => group !== removed[0]?.group);
    const keeper = rows.find(({ group, decision }) => group === keeperGone?.group && decision === "keep")?.path ?? "";
    await rename(join(root, keeper), system.path("keeper"));
    const orphans = removed.filter(({ group }) => group === keeperGone?.group).map(({ path }) => path);

    const started = await call("POST", `/catalogs/${catalog}/archives`);
    expect(started.status).toBe(202);
    const archive = await finishedArchive(started.json.id);
    expect(archive).toMatchObject({ state: "archived", movedFiles: removed.length - 1 - orphans.length });
    expect(archive.refusals.map(({ path }: { path: string }) => path).sort()).toEqual([changed, ...orphans].sort());
    const left = await filesUnder(root);
    const gone = removed.map(({ path }) => path).filter((path) => path !== changed && !orphans.includes(path));
    expect(left).toEqual(before.filter((name) => !gone.includes(name) && name !== keeper));
    const manifest = await readFile(join(archive.folder, "manifest.ndjson"), "utf8");
    expect(manifest.trim().split("\n")).toHaveLength(removed.length);

    const job = await runJob();
    expect(await get(`/jobs/${job}`)).toMatchObject({ failedImages: 0 });

    // A new file took the name of an archived one: it stays, and the archived one stays where it is.
    const taken = gone[0] ?? "";
    await writeFile(join(root, taken), "new");
    expect((await call("POST", `/archives/${archive.id}/restore`)).status).toBe(202);
    const partly = await finishedArchive(archive.id);
    expect(partly).toMatchObject({
      state: "partly-restored",
      movedFiles: gone.length - 1,
      refusals: [{ path: taken, reason: "there is another file under that name" }],
    });
    expect(await readFile(join(root, taken), "utf8")).toBe("new");
    await rm(join(root, taken));
    expect((await call("POST", `/archives/${archive.id}/restore`)).status).toBe(202);
    expect(await finishedArchive(archive.id)).toMatchObject({
      state: "restored",
      movedFiles: gone.length,
      refusals: [],
      withdrawnDecisions: partly.withdrawnDecisions,
    });
    expect(partly.withdrawnDecisions).toBeGreaterThan(0);
    const again = await call("POST", `/catalogs/${catalog}/archives`);
    expect([again.status, (await get(`/archives/${archive.id}`)).state]).toEqual([409, "restored"]);
    await rename(system.path("keeper"), join(root, keeper));
    await writeFile(join(root, changed), contents.get(changed) ?? "");
    expect(await filesUnder(root)).toEqual(before);
    for (const name of before)
      expect((await readFile(join(root, name))).equals(contents.get(name) ?? Buffer.alloc(0))).toBe(true);
  });

  const killApi = async (): Promise<void> => {
    const { address } = system.services;
    process.kill(system.services.pid("api"), "SIGKILL");
    await until(() => system.services.address !== address);
  };

  const withStore = async (work: (store: Store) => Promise<unknown>): Promise<void> => {
    const store = await openStore(system.servers.environment["DATABASE_URL"] ?? "", "lookalike-test", 1);
    await work(store).finally(() => store.close());
  };

  it("an archive and a restore that were killed half-way go on at the next start, or when another process left them", async () => {
    const before = await filesUnder(root);
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact", "variant", "derivative"], preview: false });
    const started = await call("POST", `/catalogs/${catalog}/archives`);
    await killApi();
    const archive = await finishedArchive(started.json.id);
    expect(archive.movedFiles).toBe(archive.totalFiles);
    expect(await filesUnder(root)).toHaveLength(before.length - archive.totalFiles);
    await call("POST", `/archives/${archive.id}/restore`);
    await killApi();
    await finishedArchive(archive.id);
    expect(await filesUnder(root)).toEqual(before);
    // So it is, too, where the connection to PostgreSQL was lost in the middle.
    await withStore(({ pool }) => pool.query("update archive set state = 'restoring' where id = $1", [archive.id]));
    expect(await finishedArchive(archive.id)).toMatchObject({ state: "restored", refusals: [] });
  });

  it("an archive that the database has lost is found on the disk, and restored when its owner trusts the manifest", async () => {
    const before = await filesUnder(root);
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact", "variant", "derivative"], preview: false });
    const { id } = await finishedArchive((await call("POST", `/catalogs/${catalog}/archives`)).json.id);
    await withStore(({ pool }) => pool.query("delete from archive; delete from signing_key"));
    const { json } = await call("POST", `/catalogs/${catalog}/archives/recover`);
    expect(json.items).toEqual([expect.objectContaining({ id, state: "archived" })]);
    expect((await call("POST", `/catalogs/${catalog}/archives/recover`)).json.items).toEqual([]);
    const refused = await call("POST", `/archives/${id}/restore`);
    expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining("another installation") } });
    expect((await call("POST", `/archives/${id}/restore?confirmManifest=true`)).status).toBe(202);
    expect(await finishedArchive(id)).toMatchObject({ state: "restored", refusals: [] });
    expect((await finishedArchive(id)).withdrawnDecisions).toBeGreaterThan(0);
    expect(await filesUnder(root)).toEqual(before);
  });

  it("a scan does not take archived files for a disk that is away", async () => {
    const copies = join(root, "sixty copies");
    await mkdir(copies);
    for (let number = 0; number < 60; number += 1)
      await copyFile(join(root, "scene-07.jpg"), join(copies, `${number}.jpg`));
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact"], preview: false });
    const archive = await finishedArchive((await call("POST", `/catalogs/${catalog}/archives`)).json.id);
    expect(archive.movedFiles).toBeGreaterThanOrEqual(60);
    await runJob();
    await call("POST", `/archives/${archive.id}/restore`);
    expect(await finishedArchive(archive.id)).toMatchObject({ state: "restored", movedFiles: archive.movedFiles });
    await rm(copies, { recursive: true });
    await runJob({ acceptMissing: true });
  });

  it.skipIf(!hasOtherDisk)("archives move to another disk, which frees space, and back", async () => {
    const before = await filesUnder(root);
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact", "variant", "derivative"], preview: false });
    const refused = await call("POST", `/catalogs/${catalog}/archives?to=${encodeURIComponent(`${root}/none`)}`);
    expect(refused).toMatchObject({ status: 403, json: { detail: expect.stringContaining("no such file or folder") } });
    const disk = await mkdtemp(join(OTHER_DISK, "lookalike-disk-"));
    const { json } = await call("POST", `/catalogs/${catalog}/archives?to=${encodeURIComponent(disk)}`);
    const archive = await finishedArchive(json.id);
    expect(archive).toMatchObject({ destination: disk, refusals: [], movedFiles: archive.totalFiles });
    expect(archive.freedBytes).toBeGreaterThan(0);
    // The disk is away, and back again.
    await rename(disk, `${disk}-away`);
    const away = await call("POST", `/archives/${archive.id}/restore`);
    expect(away).toMatchObject({ status: 409, json: { detail: expect.stringContaining("Is its disk connected?") } });
    await rename(`${disk}-away`, disk);
    await call("POST", `/archives/${archive.id}/restore`);
    expect(await finishedArchive(archive.id)).toMatchObject({ state: "restored", freedBytes: 0 });
    expect(await filesUnder(root)).toEqual(before);
    await rm(disk, { recursive: true });
  });

  it.skipIf(!canMountForAll)("a disk that becomes full gets what fits, and the rest when there is space", async () => {
    const before = await filesUnder(root);
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact", "variant", "derivative"], preview: false });
    const disk = await mountSmallDisk(67_108_864, "nr_inodes=40");
    onTestFinished(() => disk.unmount());
    const archiveThere = () => call("POST", `/catalogs/${catalog}/archives?to=${encodeURIComponent(disk.path)}`);
    await disk.fill();
    expect(await archiveThere()).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining("0 bytes free") },
    });
    await disk.free();
    await disk.fillNames(4);
    expect(await archiveThere()).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining("disk is full") },
    });
    await disk.free();
    expect(await readdir(disk.path)).toEqual([]);
    await disk.fillNames(9);
    const first = await finishedArchive((await archiveThere()).json.id);
    expect(first).toMatchObject({ state: "archived", movedFiles: expect.any(Number) });
    expect(first.movedFiles).toBeGreaterThan(0);
    expect(first.refusals).toHaveLength(first.totalFiles - first.movedFiles);
    expect(first.refusals[0]).toEqual({ path: expect.any(String), reason: "the disk is full" });
    expect(await filesUnder(join(first.folder, "files"))).toHaveLength(first.movedFiles);
    expect(await filesUnder(root)).toHaveLength(before.length - first.movedFiles);
    await disk.free();
    const second = await finishedArchive((await archiveThere()).json.id);
    expect(second).toMatchObject({ movedFiles: first.refusals.length, refusals: [] });
    for (const { id } of [first, second]) {
      await call("POST", `/archives/${id}/restore`);
      expect(await finishedArchive(id)).toMatchObject({ state: "restored", refusals: [] });
    }
    expect(await filesUnder(root)).toEqual(before);
  });

  it("archived files are deleted for good only by the numbers of a preview, and only with a keeper", async () => {
    const job = await runJob();
    await call("POST", `/jobs/${job}/decisions`, { kinds: ["exact", "variant", "derivative"], preview: false });
    const archive = await finishedArchive((await call("POST", `/catalogs/${catalog}/archives`)).json.id);
    expect(archive).toMatchObject({ freedBytes: 0, refusals: [] });
    const empty = (body: object) => call("POST", `/catalogs/${catalog}/archives/empty`, body);
    expect((await empty({ olderThanSeconds: 86_400 })).json).toMatchObject({ preview: true, files: 0 });
    const { files, bytes, archives } = (await empty({ olderThanSeconds: 0 })).json;
    expect([files, archives]).toEqual([archive.movedFiles, [archive.id]]);
    expect((await empty({ olderThanSeconds: 0, confirm: { files, bytes: bytes - 1 } })).status).toBe(409);

    const lines = (await readFile(join(archive.folder, "manifest.ndjson"), "utf8")).trim().split("\n");
    const entries: { path: string; keepers: { path: string }[] }[] = lines.map((line) => JSON.parse(line));
    const changed = entries[0]?.keepers[0]?.path ?? "";
    const orphans = entries.filter(({ keepers }) => keepers.some(({ path }) => path === changed));
    await writeFile(join(root, changed), "another picture");
    expect((await empty({ olderThanSeconds: 0, confirm: { files, bytes } })).json).toMatchObject({ preview: false });
    const emptied = await finishedArchive(archive.id);
    expect(emptied).toMatchObject({ state: "archived", deletedFiles: files - orphans.length });
    const left = emptied.refusals.map(({ path }: { path: string }) => path).sort();
    expect(left).toEqual(orphans.map(({ path }) => path).sort());
    const archived = await readdir(join(archive.folder, "files"), { recursive: true });
    expect(archived).toEqual(expect.arrayContaining(left));
  });
});
