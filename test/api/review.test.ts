import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { directorySource } from "@lookalike/shared/domain/job/source";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WITH_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
let system: System;
let root: string;
let catalog: string;

beforeAll(async () => {
  system = await startSystem();
  root = join(system.servers.folder, "pictures");
  await makeDemoCatalog(root);
  catalog = await system.client.openCatalog("review", directorySource(root));
});
afterAll(() => system.stop());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API answers
  readonly json: any;
}

const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${system.services.address}/v1${path}`, {
    method,
    headers: { ...WITH_KEY, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.match(/[/+]json/) ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, json } satisfies Answer;
};
const get = async (path: string) => (await call("GET", path)).json;

const runJob = async (options: object = {}): Promise<string> => {
  const { json } = await call("POST", `/catalogs/${catalog}/jobs`, options);
  const job = await finished(system.client, json.id);
  if (job.state !== "completed") throw new Error(JSON.stringify(job));
  return json.id;
};

interface Group {
  readonly number: number;
  readonly kind: string;
  readonly keeper: number;
  readonly members: { ordinal: number; path: string }[];
  readonly decision: { id: string; verdict: string } | null;
  readonly reopened: { id: string } | null;
}
const groupsOf = async (job: string, query = ""): Promise<Group[]> =>
  (await get(`/jobs/${job}/groups?limit=1000${query}`)).items;
const pathsOf = (group: Group | undefined): string[] => (group?.members ?? []).map(({ path }) => path);
const groupWith = async (job: string, path: string): Promise<Group | undefined> =>
  (await groupsOf(job)).find((group) => pathsOf(group).includes(path));
const decide = (job: string, group: Group | undefined, body: object, headers = {}) =>
  call("POST", `/jobs/${job}/groups/${group?.number}/decisions`, body, headers);

describe("a catalog's images", () => {
  let job: string;
  beforeAll(async () => {
    job = await runJob();
  });

  it("are listed page by page, with what is known of them", async () => {
    const first = await get(`/catalogs/${catalog}/images?limit=20`);
    const second = await get(`/catalogs/${catalog}/images?limit=20&cursor=${first.next}`);
    expect([first.items.length, second.items.length, second.next]).toEqual([20, 11, null]);
    expect(first.items[0]).toMatchObject({
      state: "hashed",
      format: expect.stringMatching(/jpeg|png|webp/),
      contentDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("are seen as thumbnails that browsers keep, and as they are, whole or in part", async () => {
    const [image] = (await get(`/catalogs/${catalog}/images?limit=1`)).items;
    const url = `${system.services.address}/v1/catalogs/${catalog}/images/${image.ordinal}`;
    const thumbnail = await fetch(`${url}/thumbnail?size=small`, { headers: WITH_KEY });
    expect(await sharp(await thumbnail.arrayBuffer()).metadata()).toMatchObject({ format: "webp", width: 320 });
    expect(thumbnail.headers.get("cache-control")).toContain("immutable");
    const etag = thumbnail.headers.get("etag") ?? "";
    expect((await fetch(`${url}/thumbnail`, { headers: { ...WITH_KEY, "if-none-match": etag } })).status).toBe(304);

    const bytes = await readFile(join(root, image.path));
    const original = await fetch(`${url}/original`, { headers: WITH_KEY });
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(`${url}/original`, { headers: { ...WITH_KEY, range: "bytes=10-19" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect((await fetch(`${url}/original`, { headers: { ...WITH_KEY, range: "bytes=999999999-" } })).status).toBe(416);
  });

  it("that changed or are no image of the catalog are not shown", async () => {
    const [image] = (await get(`/catalogs/${catalog}/images?limit=1`)).items;
    const file = join(root, image.path);
    const { atime, mtime } = await stat(file);
    await utimes(file, atime, new Date());
    const answer = await call("GET", `/catalogs/${catalog}/images/${image.ordinal}/original`);
    expect([answer.status, answer.json.type]).toEqual([410, "urn:lookalike:problem:changed"]);
    await utimes(file, atime, mtime);
    expect((await call("GET", `/catalogs/${catalog}/images/99999`)).status).toBe(404);
  });

  it("are counted, with the groups by kind", async () => {
    const statistics = await get(`/catalogs/${catalog}/statistics`);
    expect(statistics).toMatchObject({ images: 31, job, groups: 11, undecided: 11, groupedImages: 30 });
    expect(statistics.byKind.map(({ kind }: { kind: string }) => kind)).toEqual(["exact", "variant"]);
  });

  it("are grouped with every distance and why", async () => {
    const [group] = await groupsOf(job, "&kind=exact");
    const { pairs } = await get(`/jobs/${job}/groups/${group?.number}`);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ distance: 0, secondDistance: 0, colourSteps: 0, equalBytes: true });
  });

  it("groups are listed by reclaimable bytes on request, page by page, and by filters", async () => {
    const all: { number: number; reclaimableBytes: number }[] = [];
    for (let cursor = ""; ; ) {
      const page = await get(`/jobs/${job}/groups?order=reclaimable&limit=4${cursor}`);
      all.push(...page.items);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    const bytes = all.map(({ reclaimableBytes }) => reclaimableBytes);
    expect(new Set(all.map(({ number }) => number)).size).toBe(11);
    expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
    expect(await groupsOf(job, `&minReclaimableBytes=${bytes[2]}`)).toHaveLength(3);
    expect((await groupsOf(job, "&minSize=4")).every(({ members }) => members.length >= 4)).toBe(true);
  });
});

describe("decisions", () => {
  it("are stored once, undone by a second decision, and two people do not decide at the same time", async () => {
    const job = await runJob();
    const group = await groupWith(job, "scene-01.jpg");
    const { headers } = await call("GET", `/jobs/${job}/groups/${group?.number}`);
    const seen = { "if-match": headers.get("etag") ?? "" };
    const keep = { verdict: "keep", keep: [group?.keeper] };
    const first = await decide(job, group, keep, seen);
    expect([first.status, first.json.decidedBy]).toEqual([201, "owner"]);
    expect((await decide(job, group, keep, seen)).status).toBe(412);
    expect((await decide(job, group, keep)).json.type).toBe("urn:lookalike:problem:decided");
    expect(await groupsOf(job, "&decided=true")).toHaveLength(1);

    const undo = `/catalogs/${catalog}/decisions/${first.json.id}/undo`;
    expect((await call("POST", undo)).json).toMatchObject({ verdict: "undo", undoes: first.json.id });
    expect((await call("POST", undo)).status).toBe(409);
    expect(await groupsOf(job, "&decided=true")).toHaveLength(0);
    const facts = (await get(`/catalogs/${catalog}/decisions`)).items;
    expect(facts.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["undo", "keep"]);
  });

  it("keep at least one image, and only images of the group", async () => {
    const job = await runJob();
    const group = await groupWith(job, "scene-01.jpg");
    expect((await decide(job, group, { verdict: "keep", keep: [] })).status).toBe(400);
    expect((await decide(job, group, { verdict: "keep", keep: [99_999] })).json.type).toContain("not-a-member");
    expect((await decide(job, group, { verdict: "burn" })).status).toBe(400);
    expect(await groupsOf(job, "&decided=true")).toHaveLength(0);
  });

  it("not duplicates: the pair never comes back, in new, full and regrouping runs, until it is undone", async () => {
    const job = await runJob();
    const group = await groupWith(job, "scene-01.jpg");
    const { json } = await decide(job, group, { verdict: "not-duplicates" });
    for (const mode of ["new", "full", "regroup"])
      expect(await groupWith(await runJob({ mode }), "scene-01.jpg")).toBeUndefined();
    await call("POST", `/catalogs/${catalog}/decisions/${json.id}/undo`);
    expect(pathsOf(await groupWith(await runJob(), "scene-01.jpg"))).toEqual(pathsOf(group));
  });

  it("keep all stays decided in later runs, until another image joins, and the group says so", async () => {
    const job = await runJob();
    const group = await groupWith(job, "scene-02.jpg");
    const { json } = await decide(job, group, { verdict: "keep", keep: group?.members.map(({ ordinal }) => ordinal) });
    const later = await groupWith(await runJob({ mode: "full" }), "scene-02.jpg");
    expect([later?.decision?.id, later?.reopened]).toEqual([json.id, null]);

    await sharp(join(root, "scene-02.jpg")).jpeg({ quality: 50 }).toFile(join(root, "joined.jpg"));
    const joined = await groupWith(await runJob(), "scene-02.jpg");
    expect(pathsOf(joined)).toContain("joined.jpg");
    expect([joined?.decision, joined?.reopened?.id]).toEqual([null, json.id]);
    await rm(join(root, "joined.jpg"));
    expect((await groupWith(await runJob(), "scene-02.jpg"))?.decision?.id).toBe(json.id);
    await call("POST", `/catalogs/${catalog}/decisions/${json.id}/undo`);
  });

  it("are about the newest job's groups", async () => {
    const old = await runJob();
    const group = await groupWith(old, "scene-01.jpg");
    await runJob();
    const answer = await decide(old, group, { verdict: "not-duplicates" });
    expect([answer.status, answer.json.type]).toEqual([409, "urn:lookalike:problem:superseded"]);
  });

  it("a missing file leaves its group, and a group of one image does not exist", async () => {
    const job = await runJob();
    const group = await groupWith(job, "scene-01.jpg");
    expect(group?.members).toHaveLength(2);
    const away = join(system.servers.folder, "away.jpg");
    await rename(join(root, "scene-01.jpg"), away);
    const next = await runJob();
    expect(await groupWith(next, pathsOf(group).find((path) => path !== "scene-01.jpg") ?? "")).toBeUndefined();
    await rename(away, join(root, "scene-01.jpg"));
  });
});

describe("jobs", () => {
  it("regroup by another threshold without comparing, and refuse where nothing was compared so far", async () => {
    const job = await runJob({ mode: "regroup", thresholdBits: 0, grouping: "star" });
    const strict = await groupsOf(job);
    expect(await get(`/jobs/${job}`)).toMatchObject({ totalTasks: 0, thresholdBits: 0 });
    expect(strict.length).toBeLessThan(11);
    const far = await call("POST", `/catalogs/${catalog}/jobs`, { mode: "regroup", thresholdBits: 60 });
    expect(await finished(system.client, far.json.id)).toMatchObject({
      state: "failed",
      failure: expect.stringContaining("nothing to regroup"),
    });
  });

  it("retry reads failed images again, new leaves them", async () => {
    const file = join(root, "broken.jpg");
    const whole = await readFile(join(root, "scene-03.jpg"));
    const { mtime } = await stat(join(root, "scene-03.jpg"));
    const write = async (bytes: Buffer) => {
      await writeFile(file, bytes);
      await utimes(file, mtime, mtime);
    };
    await write(Buffer.alloc(whole.length, "x"));
    await runJob();
    // The same inode, size and time: as a disk that could not be read for a moment would leave it.
    await write(whole);
    expect(await get(`/jobs/${await runJob()}`)).toMatchObject({ failedImages: 1 });
    const retried = await runJob({ mode: "retry" });
    expect(await get(`/jobs/${retried}`)).toMatchObject({ failedImages: 0 });
    expect(pathsOf(await groupWith(retried, "broken.jpg"))).toContain("scene-03.jpg");
    await rm(file);
    await runJob();
  });
});

describe("a query", () => {
  it("by picture or by hash finds the nearest images, nearest first, and no vanished one", async () => {
    await runJob();
    const near = async (path: string, init: RequestInit) => {
      const response = await fetch(`${system.services.address}/v1/catalogs/${catalog}${path}`, {
        method: "POST",
        ...init,
      });
      return { status: response.status, json: await response.json() } as Pick<Answer, "status" | "json">;
    };
    const picture = await sharp(join(root, "scene-04.jpg")).resize(500).webp().toBuffer();
    const headers = { ...WITH_KEY, "content-type": "image/webp" };
    const { json } = await near("/query/image?limit=10", { headers, body: new Uint8Array(picture) });
    const paths = json.items.map(({ image }: { image: { path: string } }) => image.path);
    expect(paths).toContain("scene-04.jpg");
    expect(paths.every((path: string) => path.includes("scene-04"))).toBe(true);
    const distances = json.items.map(({ distance }: { distance: number }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));

    const byHash = {
      headers: { ...WITH_KEY, "content-type": "application/json" },
      body: JSON.stringify({ hash: json.hash }),
    };
    expect((await near("/query?limit=10", byHash)).json.items).toEqual(json.items);
    await rename(join(root, "scene-04.jpg"), join(system.servers.folder, "gone.jpg"));
    await runJob();
    const after = (await near("/query", byHash)).json.items;
    expect(after.map(({ image }: { image: { path: string } }) => image.path)).not.toContain("scene-04.jpg");
    await rename(join(system.servers.folder, "gone.jpg"), join(root, "scene-04.jpg"));

    expect((await near("/query/image", { headers, body: "no picture" })).json.type).toContain("not-an-image");
    const short = { ...byHash, body: JSON.stringify({ hash: "0".repeat(16) }) };
    expect((await near("/query", short)).json.type).toContain("hash-length");
  });
});

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

    const script = join(system.servers.folder, "export.sh");
    await writeFile(script, await get(`/jobs/${job}/export?format=sh`));
    const told = (await run("sh", [script])).stdout.trim().split("\n");
    expect(told).toEqual(removed.map((path) => `./${path}`));
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
    await rename(join(root, keeper), join(system.servers.folder, "keeper"));
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
    expect(partly.refusals.map(({ path }: { path: string }) => path)).toEqual([taken]);
    expect(await readFile(join(root, taken), "utf8")).toBe("new");
    await rm(join(root, taken));
    await rename(join(archive.folder, "files", taken), join(root, taken));
    await rename(join(system.servers.folder, "keeper"), join(root, keeper));
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

  it("an archive and a restore that were killed half-way go on at the next start", async () => {
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
  });
});

describe("a catalog", () => {
  it("is renamed, and deleted with a token only; the pictures stay", async () => {
    const files = await readdir(root);
    const other = await system.client.openCatalog("other", directorySource(root));
    expect((await call("PATCH", `/catalogs/${other}`, { name: "review" })).status).toBe(409);
    expect((await call("PATCH", `/catalogs/${other}`, { name: "renamed" })).json.name).toBe("renamed");
    const { json } = await call("POST", `/catalogs/${catalog}/deletion`);
    expect((await call("DELETE", `/catalogs/${other}?token=${json.token}`)).status).toBe(403);
    const latest = (await get(`/catalogs/${catalog}/statistics`)).job;
    expect((await call("DELETE", `/catalogs/${catalog}?token=${json.token}`)).status).toBe(204);
    for (const path of [`/catalogs/${catalog}`, `/jobs/${latest}`, `/jobs/${latest}/groups`])
      expect((await call("GET", path)).status).toBe(404);
    await system.client.openCatalog("review", directorySource(root));
    expect(await readdir(root)).toEqual(files);
  });
});
