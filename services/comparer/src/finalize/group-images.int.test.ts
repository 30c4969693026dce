import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Grouping } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import { insertFinalization, reusableBase } from "@lookalike/shared/store/results/results";
import { latestResult } from "@lookalike/shared/store/review/decisions";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { groupsOf, storedGroups } from "../../../../test/support/groups.ts";
import { connectTo } from "../../../../test/support/servers.ts";
import { sharedSystem } from "../../../../test/support/shared-system.ts";
import type { RunningSystem } from "../../../../test/support/system.ts";
import { groupImages } from "./group-images.ts";

let system: RunningSystem;
beforeAll(async () => {
  system = await sharedSystem();
});

/** A catalog that changes: 64-bit hashes, each a few bits from one of a hundred originals, some equal. */
const changingCatalog = (seed: number) => {
  const random = randomWords(seed);
  const originals = Array.from({ length: 100 }, () => [random(), random()]);
  const images = new Map<string, string>();
  const hash = (): string => {
    // One in twenty is flat.
    if (random() % 20 === 0) return "0".repeat(16);
    const words = Uint32Array.from(originals[random() % originals.length] ?? []);
    for (let flips = random() % 5; flips > 0; flips -= 1)
      words[flips % 2] = ((words[flips % 2] ?? 0) ^ (1 << (random() % 32))) >>> 0;
    return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
  };
  let next = 0;
  return {
    add(count: number) {
      for (let added = 0; added < count; added += 1) {
        images.set(`img-${String(next).padStart(5, "0")}`, hash());
        next += 1;
      }
    },
    /** Every one in `each` goes, or is another picture now. */
    disturb(each: number) {
      for (const id of [...images.keys()]) {
        const draw = random() % each;
        if (draw === 0) images.delete(id);
        if (draw === 1) images.set(id, hash());
      }
    },
    write: (file: string) =>
      writeFile(file, [...images].map(([id, hash]) => `${JSON.stringify({ id, hash })}\n`).join("")),
  };
};

const imagesIn = (groups: readonly { readonly members: readonly { readonly ordinal: number }[] }[]): number =>
  new Set(groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal))).size;

describe.each<Grouping>(["clique", "pairs", "star", "transitive", "masters"])(
  "a growing catalog grouped by %s",
  (grouping) => {
    it("has the groups of a run that groups all images, and does not write unchanged groups again", async () => {
      const catalog = changingCatalog(grouping.length);
      const file = system.path(`${grouping}.ndjson`);
      const { store, close } = await connectTo(system.environment);
      const results = new Map<string, unknown[]>();
      catalog.add(250);
      const changes = [
        () => undefined,
        () => catalog.add(20),
        () => catalog.disturb(60),
        () => catalog.add(1),
        () => undefined,
      ];
      for (const change of changes) {
        change();
        await catalog.write(file);
        const options = { grouping, blockSize: 50, thresholdBits: 4 };
        const { id, state, result } = await system.run({ kind: "hashes", file }, options, grouping);
        expect(state).toBe("completed");
        const job = await findJob(store.db, id);
        if (job === null) throw new Error("the job is not stored");
        const rows = await storedGroups(store, id);
        const regrouped = await groupImages(store.db, job, false);
        expect(rows.length).toBeGreaterThan(30);
        expect(rows).toEqual(regrouped.groups);
        expect(result).toMatchObject({
          groups: regrouped.groups.length,
          groupedImages: imagesIn(regrouped.groups),
          flatImages: regrouped.flatImages,
        });
        expect(regrouped.flatImages).toBeGreaterThan(0);
        results.set(id, rows);
      }
      // One lineage: no group is written twice, and earlier results are what they were.
      const { rows: lineages } = await store.pool.query(
        `select count(distinct lineage)::int as lineages, count(*)::int as steps,
         (select count(*)::int from image_group where lineage = max(finalization.lineage)) as stored
       from finalization where job_id = any($1)`,
        [[...results.keys()]],
      );
      const [, second] = [...results.values()];
      expect(lineages[0]).toMatchObject({ lineages: 1, steps: changes.length });
      expect(lineages[0].stored).toBeLessThan(2 * (second?.length ?? 0));
      for (const [id, rows] of results) expect(await storedGroups(store, id)).toEqual(rows);
      await close();
    });
  },
);

it("finds the flat images that have a new one's bytes, although no edge connects them", async () => {
  const folder = system.path("flat");
  await mkdir(folder);
  const paint = (name: string, shade: number) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r: shade, g: shade, b: shade } } }).toFile(
      join(folder, name),
    );
  const groups = async () => {
    const { id } = await system.run(directorySource(folder), { blockSize: 2 }, "flat");
    return groupsOf(system.client, id);
  };
  for (let shade = 0; shade < 5; shade += 1) await paint(`${shade}.png`, shade);
  expect(await groups()).toEqual([]);
  await paint("again-3.png", 3);
  expect(await groups()).toEqual(["exact: *3.png/null again-3.png/null"]);
  await paint("more-3.png", 3);
  expect(await groups()).toEqual(["exact: *3.png/null again-3.png/null more-3.png/null"]);
  await rm(join(folder, "3.png"));
  await paint("again-1.png", 1);
  expect((await groups()).sort()).toEqual([
    "exact: *1.png/null again-1.png/null",
    "exact: *again-3.png/null more-3.png/null",
  ]);
});

it("lets only one result build on another", async () => {
  const file = system.path("twice.ndjson");
  const catalog = changingCatalog(7);
  catalog.add(150);
  await catalog.write(file);
  const first = await system.run({ kind: "hashes", file }, { blockSize: 50 }, "twice");
  const { store, close } = await connectTo(system.environment);
  const row = await findJob(store.db, first.id);
  if (row === null) throw new Error("the job is not stored");
  const base = await reusableBase(store.db, { ...row, baseJob: row.id, baseBlocks: row.totalBlocks });
  expect(base).toMatchObject({ jobId: first.id, step: 0, blocks: 3 });
  const goOn = (jobId: string) =>
    store.inTransaction((tx, client) =>
      insertFinalization(
        tx,
        client,
        {
          ...{ jobId, run: 1, tenant: "default", grouping: "clique", thresholdBits: 6, edges: 0, flatImages: 0 },
          ...{ equalImages: null, unverifiedPairs: null },
        },
        { groups: [], base, regrouped: [] },
      ),
    );
  expect(await goOn("one")).toMatchObject({ groups: base?.groups });
  await expect(goOn("other")).rejects.toMatchObject({ cause: { constraint: "finalization_step" } });
  expect(await goOn("one")).toBeNull();
  expect(await reusableBase(store.db, { ...row, baseJob: row.id, baseBlocks: row.totalBlocks })).toBeNull();
  await close();
});

it("is the catalog's newest result from when its groups are stored, not only when its job says so", async () => {
  const file = system.path("newest.ndjson");
  const catalog = changingCatalog(8);
  catalog.add(20);
  await catalog.write(file);
  const { id, catalog: catalogId } = await system.run({ kind: "hashes", file }, {}, "newest");
  const { store, close } = await connectTo(system.environment);
  const newestIn = async (state: string) => {
    await store.pool.query("update job set state = $2 where id = $1", [id, state]);
    return latestResult(store.db, catalogId);
  };
  // A decision on an older result's group, in between, would not stand on the new one's.
  expect(await newestIn("finalizing")).toEqual({ jobId: id, run: 1 });
  expect(await newestIn("cancelled")).toBeNull();
  expect(await newestIn("completed")).toEqual({ jobId: id, run: 1 });
  await close();
});
