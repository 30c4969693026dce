import { copyFile, mkdir, rm } from "node:fs/promises";
import type { Job } from "@lookalike/cli/client";
import { decodeVerifiedPairs } from "@lookalike/shared/domain/grouping/verified-pairs";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { streamVerdicts } from "@lookalike/shared/store/results/verify-results";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { drawPage } from "../../packages/engine/src/evidence/drawn-luma.fixtures.ts";
import { groupsOf, memberPathsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { requestEndpoint } from "../support/request.ts";
import { drawScene } from "../support/scene.ts";
import { connectTo } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import { finished, type RunningSystem } from "../support/system.ts";
import { THOROUGH } from "../support/thorough.ts";

let system: RunningSystem;
const folder = (name: string): Source => directorySource(system.path(name));
const pathsOf = (job: string) => memberPathsOf(system.client, job);

beforeAll(async () => {
  system = await sharedSystem();
});

const IMAGES = THOROUGH ? 1_000 : 400;

describe(`a catalog of ${IMAGES} photographs and variants of them`, () => {
  const cut = { blockSize: IMAGES / 4, pairsPerTask: 2 };

  beforeAll(() => makePhotographs(system.path("photographs"), IMAGES, 240));

  it("gets groups that never mix scenes, with every exact copy found", async () => {
    const job = await system.run(folder("photographs"), cut);
    expect(job).toMatchObject({
      state: "completed",
      totalImages: IMAGES,
      completedImages: IMAGES,
      failedImages: 0,
      totalBlocks: 4,
      totalBlockPairs: 10,
      completedBlockPairs: 10,
      totalTasks: 5,
      completedTasks: 5,
      quarantinedTasks: 0,
    });
    const sceneOf = (path: string): string => path.slice(0, 6);
    const groups = await pathsOf(job.id);
    expect(groups.filter((paths) => new Set(paths.map(sceneOf)).size > 1)).toEqual([]);
    const groupOf = new Map(groups.flatMap((paths, at) => paths.map((path) => [path, at] as const)));
    const scenes = Math.ceil(IMAGES / 7);
    for (let scene = 0; scene + scenes * 6 < IMAGES; scene += 1) {
      const name = String(scene).padStart(6, "0");
      if (groupOf.has(`${name}-0.jpg`)) expect(groupOf.get(`${name}-copy.jpg`)).toBe(groupOf.get(`${name}-0.jpg`));
    }
    expect(groups.flat().length).toBeGreaterThan(IMAGES * 0.85);
  });

  it("is not hashed or compared again when nothing changed, and another threshold only regroups", async () => {
    const again = await system.run(folder("photographs"), cut);
    expect(again).toMatchObject({ state: "completed", completedImages: IMAGES, totalBlockPairs: 0, totalTasks: 0 });
    const first = await groupsOf(system.client, again.id);
    expect(first.length).toBeGreaterThan(IMAGES / 10);
    const strict = await system.run(folder("photographs"), { ...cut, thresholdBits: 0 });
    expect(strict.totalTasks).toBe(0);
    for (const group of await groupsOf(system.client, strict.id)) expect(group).not.toMatch(/\/[1-9]/);
    expect(await groupsOf(system.client, (await system.run(folder("photographs"), cut)).id)).toEqual(first);
  });
});

describe("a catalog whose pairs are verified", () => {
  const run = (options: Partial<JobOptions> = {}) => system.run(folder("forms"), options);
  const VERIFIED = [
    ["form-1.jpg", "form-1.png"],
    ["photograph.jpg", "photograph.png"],
  ];
  const sorted = async (job: string) => (await pathsOf(job)).map((paths) => paths.toSorted()).toSorted();

  beforeAll(async () => {
    await mkdir(system.path("forms"));
    const SIZE = { width: 480, height: 640 };
    const page = (seed: number) => {
      const { luma, width, height } = drawPage(SIZE.width, SIZE.height, seed);
      return sharp(luma, { raw: { width, height, channels: 1 } });
    };
    /** One form with another entry in one place. */
    const form = async (entry: number) => {
      const input = await page(entry).extract({ left: 60, top: 60, width: 200, height: 30 }).png().toBuffer();
      return sharp(
        await page(1)
          .composite([{ input, left: 60, top: 300 }])
          .png()
          .toBuffer(),
      );
    };
    const scene = () => sharp(drawScene(5, SIZE.width, SIZE.height), { raw: { ...SIZE, channels: 3 } });
    const path = (name: string): string => system.path(`forms/${name}`);
    await (await form(2)).png().toFile(path("form-1.png"));
    await (await form(2)).jpeg({ quality: 90 }).toFile(path("form-1.jpg"));
    await (await form(3)).png().toFile(path("form-2.png"));
    await (await form(4)).png().toFile(system.path("form-3.png"));
    await scene().png().toFile(path("photograph.png"));
    await scene().jpeg({ quality: 70 }).toFile(path("photograph.jpg"));
  });

  it("has no group of two forms with other entries, which hashes can't tell from each other", async () => {
    const plain = await run();
    expect(plain).toMatchObject({ state: "completed", totalVerifyTasks: 0 });
    expect(await sorted(plain.id)).toContainEqual(["form-1.jpg", "form-1.png", "form-2.png"]);
    const verified = await run({ verification: true });
    expect(verified).toMatchObject({ state: "completed", quarantinedTasks: 0, totalTasks: 2, completedTasks: 2 });
    // One finds the edges, one the candidates, and each has a verification.
    expect(verified).toMatchObject({ totalBlockPairs: 1, completedBlockPairs: 1 });
    expect(verified).toMatchObject({ totalVerifyTasks: 2, completedVerifyTasks: 2 });
    expect(await sorted(verified.id)).toEqual(VERIFIED);
  });

  it("has what each image is to the one that it was made from, with which rules decide", async () => {
    const path = (name: string): string => system.path(`forms/${name}`);
    const whole = sharp(drawScene(9, 480, 640), { raw: { width: 480, height: 640, channels: 3 } });
    await whole.clone().png().toFile(path("whole.png"));
    await whole.clone().resize(240).jpeg({ quality: 80 }).toFile(path("small.jpg"));
    // So small a crop that hashes find it, too.
    await whole.clone().extract({ left: 4, top: 6, width: 470, height: 626 }).png().toFile(path("crop.png"));
    const before = await run();
    const families = async (job: string) => {
      const found = [];
      for await (const { number, kind, keeper, keeperReason, members } of system.client.groups(job)) {
        const byName = members.map(({ path: name, ordinal, kind: relation, via, comparison }) => ({
          ...{ name, relation, via, isKeeper: ordinal === keeper },
          isCompared: comparison !== null,
        }));
        found.push({ number, kind, keeperReason, members: byName });
      }
      return found;
    };
    const member = { via: null, isKeeper: false, isCompared: true };
    const keeper = { via: null, isKeeper: true, isCompared: false, relation: null };
    const [forms, photograph, scene] = await families(before.id);
    const copies = expect.arrayContaining([expect.objectContaining({ relation: "re-encoded" })]);
    for (const family of [forms, photograph]) expect(family).toMatchObject({ kind: "re-encoded", members: copies });
    expect(scene).toMatchObject({
      kind: "cropped",
      keeperReason: "highest-resolution",
      members: [
        // Equal hashes are compared as one: it was compared with one of the two others.
        { name: "crop.png", relation: "cropped", isCompared: true },
        { ...member, name: "small.jpg", relation: "resized" },
        { ...keeper, name: "whole.png" },
      ],
    });
    const why = async (a: string, b: string) => {
      const params = { path: { job: before.id }, query: { a, b } };
      return (await system.client.api.GET("/v1/jobs/{job}/why", { params })).data;
    };
    const looked = { source: "stored", notLooked: null };
    const [small] = scene?.members.filter(({ name }) => name === "small.jpg") ?? [];
    expect(await why("whole.png", "small.jpg")).toMatchObject({
      ...{ a: { path: "whole.png" }, b: { path: "small.jpg" }, change: [] },
      ...{ evidence: { blockhash: { turn: "none" } }, look: { ...looked, kind: small?.relation } },
      groups: [{ number: scene?.number }, { number: scene?.number }],
    });
    const refused = await why("form-1.png", "form-2.png");
    expect(refused).toMatchObject({
      decided: expect.stringContaining("not the same"),
      look: { ...looked, kind: null },
    });
    expect(refused?.change.length).toBeGreaterThan(0);
    // Nobody has looked at these two, which nothing suggests.
    expect(await why("photograph.png", "whole.png")).toMatchObject({
      decided: expect.stringContaining("not the same"),
      look: { source: "now", notLooked: null, kind: null },
    });
    // Only copies of the whole picture are decided by a rule, and the others wait for a person.
    const kinds = ["identical", "same-pixels", "re-encoded", "resized"] as const;
    const preview = await system.client.api.POST("/v1/jobs/{job}/decisions", {
      params: { path: { job: before.id } },
      body: { kinds: [...kinds] },
    });
    expect(preview.data).toMatchObject({ groups: 2, removed: 2 });
    // A form with another entry is compared with the others, is none of them, and changes no family.
    await copyFile(system.path("form-3.png"), path("form-3.png"));
    const after = await run();
    expect(after.totalVerifyTasks).toBeGreaterThan(0);
    expect(await families(after.id)).toEqual([forms, photograph, scene]);
    for (const name of ["whole.png", "small.jpg", "crop.png", "form-3.png"]) await rm(path(name));
    expect(await why("photograph.png", "whole.png")).toMatchObject({
      decided: expect.stringContaining("The file is gone"),
      look: { source: null, notLooked: expect.stringContaining("The file is gone") },
    });
    await run();
  });

  it("looks at no pair twice, also where everything is compared again, and remembers that it verifies", async () => {
    const again = await run();
    expect(again).toMatchObject({ totalTasks: 0, totalVerifyTasks: 0 });
    expect(await sorted(again.id)).toEqual(VERIFIED);
    const { store, close } = await connectTo(system.environment);
    const stored = async () => (await store.pool.query("select * from verified_pair order by first, second")).rows;
    const before = await stored();
    expect(before.length).toBeGreaterThan(0);
    // Whoever looked again would find this to be wrong.
    await store.pool.query("update verified_pair set verdict = '\\x01'");
    const full = await finished(system.client, (await system.client.startJob(again.catalog, { mode: "full" })).id);
    expect(full).toMatchObject({ state: "completed", totalVerifyTasks: 2, completedVerifyTasks: 2 });
    expect(await sorted(full.id)).toEqual([]);
    expect((await stored()).length).toBe(before.length);
    // Other tests of this system may look at the same pictures.
    for (const { first, second, verdict } of before)
      await store.pool.query("update verified_pair set verdict = $3 where first = $1 and second = $2", [
        first,
        second,
        verdict,
      ]);
    await close();
  });

  it("is grouped by hashes alone once that is switched off", async () => {
    const off = await run({ verification: false });
    expect(off).toMatchObject({ state: "completed", totalTasks: 0, totalVerifyTasks: 0 });
    expect(await sorted(off.id)).toContainEqual(["form-1.jpg", "form-1.png", "form-2.png"]);
  });
});

describe("a catalog of edits that no hash of the whole finds", () => {
  const SIZE = { width: 640, height: 480 };
  const scene = (seed: number) => sharp(drawScene(seed, SIZE.width, SIZE.height), { raw: { ...SIZE, channels: 3 } });
  const GREY = { r: 90, g: 95, b: 100 };
  const EDITS: Readonly<Record<string, (original: Sharp) => Sharp>> = {
    mirrored: (original) => original.flop(),
    turned: (original) => original.rotate(90),
    "crop of 35 %": (original) => original.extract({ left: 110, top: 80, width: 416, height: 312 }),
    captioned: (original) => original.extend({ bottom: 140, background: GREY }),
    screenshot: (original) => original.extend({ top: 260, bottom: 420, left: 90, right: 90, background: GREY }),
  };
  const names = Object.keys(EDITS);
  let byHashes: ReadonlyMap<string, string | null>;
  let kinds: ReadonlyMap<string, string | null>;

  /** The kinds of all pairs that were looked at, by the files' names. */
  const kindsOf = async (job: Job): Promise<Map<string, string | null>> => {
    const { store, close } = await connectTo(system.environment);
    const images = await store.pool.query<{ ordinal: number; name: string }>(
      "select ordinal, convert_from(path, 'utf8') as name from image where catalog_id = $1",
      [job.catalog],
    );
    const nameOf = new Map(images.rows.map(({ ordinal, name }) => [ordinal, name.replace(".jpg", "")]));
    const found = new Map<string, string | null>();
    for await (const { results } of streamVerdicts(store.db, job.id))
      for (const { a, b, kind } of decodeVerifiedPairs(results))
        found.set([nameOf.get(a), nameOf.get(b)].toSorted().join(" and "), kind);
    await close();
    return found;
  };
  const write = (name: string, picture: Sharp) =>
    picture.jpeg({ quality: 85 }).toFile(system.path(`edits/${name}.jpg`));

  beforeAll(async () => {
    await mkdir(system.path("edits"));
    const original = await scene(41).png().toBuffer();
    await write("original", sharp(original));
    for (const [name, edit] of Object.entries(EDITS)) await write(name, edit(sharp(original)));
    for (const seed of [42, 43, 44, 45]) await write(`stranger ${seed}`, scene(seed));
    const first = await system.run(folder("edits"), { blockSize: 4, verification: true, features: false });
    byHashes = await kindsOf(first);
    kinds = await kindsOf(await system.run(folder("edits"), { features: true }));
  });

  it.each(names)("finds the picture that is %s, and looks at it with its original", (name) => {
    expect([...kinds.keys()]).toContain([name, "original"].toSorted().join(" and "));
    expect(kinds.get([name, "original"].toSorted().join(" and "))).not.toBeNull();
  });

  it("finds parts of pictures by their features alone, also where these were switched on later", () => {
    const pairs = ["mirrored", "turned", "crop of 35 %"].map((name) => [name, "original"].toSorted().join(" and "));
    expect(pairs.map((pair) => [byHashes.has(pair), kinds.has(pair)])).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
  });

  it("looks at no two strangers", () => {
    expect(
      [...kinds.keys()].filter((pair) => pair.split(" and ").every((name) => name.startsWith("stranger"))),
    ).toEqual([]);
  });

  it("looks in a grown catalog only at pairs of which one is new", async () => {
    await write(
      "later",
      sharp(await scene(41).png().toBuffer())
        .flip()
        .rotate(90),
    );
    const grown = await system.run(folder("edits"));
    expect(grown).toMatchObject({ state: "completed", quarantinedTasks: 0, totalBlocks: 4 });
    const { bus, store, close } = await connectTo(system.environment);
    const { rows } = await store.pool.query("select results from verify_result where job_id = $1", [grown.id]);
    // Its candidates are computed again, too.
    const problems: unknown[] = [];
    for (const endpoint of ["coordinator.verify", "comparer.verify"])
      problems.push((await requestEndpoint(bus, endpoint, { job: grown.id })).body["problems"]);
    expect(problems).toEqual([[], []]);
    await close();
    const later = rows.flatMap(({ results }) => decodeVerifiedPairs(results).map(({ b }) => b));
    expect(new Set(later)).toEqual(new Set([12]));
    expect((await kindsOf(grown)).get("later and original")).not.toBeNull();
    for (const pair of kinds.keys()) expect([...(await kindsOf(grown)).keys()]).toContain(pair);
  });
});
