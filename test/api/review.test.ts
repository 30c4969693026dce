import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, openReviewedCatalog, pathsOf } from "../support/reviewed-catalog.ts";
import { WITH_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import { finished } from "../support/system.ts";

const system = await sharedSystem();
const { call, catalog, decide, get, groupsOf, groupWith, root, runJob } = await openReviewedCatalog(system);

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
    const url = `${system.address}/v1/catalogs/${catalog}/images/${image.ordinal}`;
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
    const first = await get(`/jobs/${job}/groups?order=newest&limit=4`);
    const second = await get(`/jobs/${job}/groups?order=newest&limit=1000&cursor=${first.next}`);
    const numbers = [...first.items, ...second.items].map(({ number }) => number);
    expect(numbers).toEqual(all.map(({ number }) => number).sort((a, b) => b - a));
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

  it("are made for the groups that were chosen, and taken back together or not at all", async () => {
    const job = await runJob();
    const chosen = (await groupsOf(job)).slice(0, 3).map(({ number }) => number);
    const rule = { kinds: ["exact", "variant"], groups: chosen, preview: false };
    expect((await call("POST", `/jobs/${job}/decisions`, rule)).json).toMatchObject({ groups: 3 });
    expect((await groupsOf(job, "&decided=true")).map(({ number }) => number)).toEqual(chosen);
    const { items } = await get(`/catalogs/${catalog}/decisions?limit=3`);
    // One request decided them: an owner sees them as one.
    expect(new Set(items.map(({ decidedAt }: { decidedAt: string }) => decidedAt)).size).toBe(1);
    const ids = items.map(({ id }: { id: string }) => id);
    const undo = `/catalogs/${catalog}/decisions/undo`;
    expect((await call("POST", undo, { decisions: [...ids, "none"] })).status).toBe(404);
    expect(await groupsOf(job, "&decided=true")).toHaveLength(3);
    expect((await call("POST", undo, { decisions: ids })).json).toEqual({ undone: 3 });
    expect((await call("POST", undo, { decisions: ids })).json).toEqual({ undone: 0 });
    expect(await groupsOf(job, "&decided=true")).toHaveLength(0);
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
    const reopened = await groupsOf(joined?.job ?? "", "&reopened=true");
    expect(reopened.map(({ number }) => number)).toEqual([joined?.number]);
    expect((await get(`/catalogs/${catalog}/statistics`)).reopened).toBe(1);
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
    const away = system.path("away.jpg");
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

  it("a file that was mended is read again by the next scan, whatever its size and time", async () => {
    const file = join(root, "broken.jpg");
    const whole = await readFile(join(root, "scene-03.jpg"));
    const { mtime } = await stat(join(root, "scene-03.jpg"));
    const write = async (bytes: Buffer) => {
      await writeFile(file, bytes);
      await utimes(file, mtime, mtime);
    };
    await write(Buffer.alloc(whole.length, "x"));
    await runJob();
    expect(await get(`/jobs/${await runJob({ mode: "retry" })}`)).toMatchObject({ failedImages: 1 });
    // The same inode, size and time.
    await write(whole);
    const mended = await runJob();
    expect(await get(`/jobs/${mended}`)).toMatchObject({ failedImages: 0 });
    expect(pathsOf(await groupWith(mended, "broken.jpg"))).toContain("scene-03.jpg");
    await rm(file);
    await runJob();
  });
});

describe("a query", () => {
  it("by picture or by hash finds the nearest images, nearest first, and no vanished one", async () => {
    await runJob();
    const near = async (path: string, init: RequestInit) => {
      const response = await fetch(`${system.address}/v1/catalogs/${catalog}${path}`, {
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
    await rename(join(root, "scene-04.jpg"), system.path("gone.jpg"));
    await runJob();
    const after = (await near("/query", byHash)).json.items;
    expect(after.map(({ image }: { image: { path: string } }) => image.path)).not.toContain("scene-04.jpg");
    await rename(system.path("gone.jpg"), join(root, "scene-04.jpg"));

    expect((await near("/query/image", { headers, body: "no picture" })).json.type).toContain("not-an-image");
    const short = { ...byHash, body: JSON.stringify({ hash: "0".repeat(16) }) };
    expect((await near("/query", short)).json.type).toContain("hash-length");
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
