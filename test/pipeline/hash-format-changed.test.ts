import { readFile } from "node:fs/promises";
import type { Job } from "@lookalike/cli/client";
import type { Bus } from "@lookalike/shared/bus/connect";
import { directorySource } from "@lookalike/shared/domain/job/source";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { requestEndpoint } from "../support/request.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import { finished, type RunningSystem } from "../support/system.ts";

const CURRENT = "lookalike/3";
const OLDER = "blockhash16/1";
const OPTIONS = { blockSize: 20, pairsPerTask: 3 };

let system: RunningSystem;
let bus: Bus;
let store: Store;
let close: () => Promise<void>;
let catalog: string;
let first: string;
let groups: string[];
let blocks: unknown[];
let decided: unknown[];
const run = async (
  mode: Job["mode"],
  options: { reference?: string; features?: boolean } = {},
  of = catalog,
): Promise<Job> => finished(system.client, (await system.client.startJob(of, { ...OPTIONS, ...options, mode })).id);

/** Stores the catalog as a version that computed other hashes would have. */
const storeAsOlder = async (): Promise<void> => {
  await store.pool.query("update catalog set hash_format = $2 where id = $1", [catalog, OLDER]);
  await store.pool.query("update job set hash_format = $2 where catalog_id = $1", [catalog, OLDER]);
  await store.pool.query(
    "update hash_block set hash_format = $2, hashes = decode(repeat('f0', length(hashes)), 'hex'), digest = 'older' where catalog_id = $1",
    [catalog, OLDER],
  );
};
/** Decides on the first group of a job: its keeper stays. */
const decideFirst = async (job: string): Promise<void> => {
  for await (const { number, keeper } of system.client.groups(job)) {
    const path = { job, number };
    await system.client.api.POST("/v1/jobs/{job}/groups/{number}/decisions", {
      params: { path },
      body: { verdict: "keep", keep: [keeper] },
    });
    return;
  }
};
/** The members of decided groups, with what was decided about them. */
const decisionsOf = async (job: string): Promise<unknown[]> => {
  const found: unknown[] = [];
  for await (const { decision, members } of system.client.groups(job))
    if (decision !== null) found.push([members.map(({ path }) => path), decision.verdict, decision.keep]);
  return found;
};

const storedBlocks = async (): Promise<unknown[]> =>
  (
    await store.pool.query(
      "select block, hash_format, digest, encode(hashes, 'hex') as hashes from hash_block where catalog_id = $1 order by block",
      [catalog],
    )
  ).rows;

beforeAll(async () => {
  system = await sharedSystem();
  ({ bus, store, close } = await connectTo(system.environment));
  await makePhotographs(system.path("photographs"), 70, 240);
  await makePhotographs(system.path("card"), 14, 240);
  catalog = await system.client.openCatalog("photographs", directorySource(system.path("photographs")));
  first = (await run("new")).id;
  groups = await groupsOf(system.client, first);
  blocks = await storedBlocks();
  await decideFirst(first);
  decided = await decisionsOf(first);
  await storeAsOlder();
});
afterAll(async () => {
  await close();
});

describe("a catalog whose hashes have another format than this version computes", () => {
  it.each(["new", "retry"] as const)("is not scanned in mode %s, and the job says what to do", async (mode) => {
    expect(await run(mode)).toMatchObject({
      state: "failed",
      failure: `The catalog has hashes of the format ${OLDER}, which cannot be compared with ${CURRENT}. Scan it in mode full, which hashes its images again.`,
    });
  });

  it("is not compared with a picture, nor as the reference of another catalog", async () => {
    const response = await fetch(`${system.address}/v1/catalogs/${catalog}/query/image`, {
      method: "POST",
      headers: { ...WITH_KEY, "content-type": "image/jpeg" },
      body: new Uint8Array(await readFile(system.path("photographs/000000-0.jpg"))),
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: expect.stringContaining("hash-format"), detail: expect.stringContaining("Scan it in mode full") },
    ]);
    const card = await system.client.openCatalog("card", directorySource(system.path("card")));
    expect(await run("new", { reference: catalog }, card)).toMatchObject({
      state: "failed",
      failure: expect.stringMatching(/^The reference catalog has hashes of the format blockhash16\/1,.*mode full/),
    });
  });

  it("is hashed again in mode full, block by block, with the groups of a new scan", async () => {
    const job = await run("full");
    expect(job).toMatchObject({ state: "completed", completedImages: 70, completedBlockPairs: job.totalBlockPairs });
    expect(await storedBlocks()).toEqual(blocks);
    expect(await groupsOf(system.client, job.id)).toEqual(groups);
    expect([decided.length, await decisionsOf(job.id)]).toEqual([1, decided]);
  });

  it("has no older result that can be grouped again", async () => {
    const { code, body } = await requestEndpoint(bus, "coordinator.rerun-finalize", { job: first });
    expect([code, body]).toMatchObject([
      409,
      { error: { message: expect.stringContaining(`hashes of the format ${OLDER}`) } },
    ]);
  });

  it("is then a catalog as any other: nothing is hashed again, and no older job is built on", async () => {
    const { rows } = await store.pool.query("select distinct job_id from hash_block where catalog_id = $1", [catalog]);
    expect(await run("new")).toMatchObject({ state: "completed", totalTasks: 0 });
    expect(await run("full")).toMatchObject({ state: "completed", completedImages: 70 });
    const after = await store.pool.query("select distinct job_id from hash_block where catalog_id = $1", [catalog]);
    expect(after.rows).toEqual(rows);
    const card = await system.client.openCatalog("card", directorySource(system.path("card")));
    expect(await run("new", { reference: catalog }, card)).toMatchObject({ state: "completed" });
  });

  it("is not continued by a job in mode full that was cancelled: its blocks count, older edges do not", async () => {
    await storeAsOlder();
    await store.pool.query("update catalog set hash_format = $2 where id = $1", [catalog, CURRENT]);
    const job = await run("new");
    expect(job).toMatchObject({ state: "completed", totalBlockPairs: 10, completedImages: 70 });
    expect(await storedBlocks()).toEqual(blocks);
    expect(await groupsOf(system.client, job.id)).toEqual(groups);
  });
});

describe("local features of a catalog's pictures", () => {
  const evidenceOf = async (id: string) =>
    (
      await store.pool.query(
        `select sum(length(evidence))::int as bytes, min(features) as features, min(hash_block.evidence_digest) as digest
         from block_evidence join hash_block using (catalog_id, block, evidence_digest) where catalog_id = $1`,
        [id],
      )
    ).rows[0];

  it("are removed by mode full where they are switched off, and hashed again where they are switched on", async () => {
    const card = await system.client.openCatalog("card", directorySource(system.path("card")));
    const { id } = await run("new", {}, card);
    const [before, cardGroups] = [await evidenceOf(card), await groupsOf(system.client, id)];
    expect(before).toMatchObject({ features: 64, bytes: expect.any(Number) });
    await decideFirst(id);
    const cardDecided = await decisionsOf(id);

    expect(await run("new", { features: false }, card)).toMatchObject({ state: "completed", completedBlocks: 1 });
    expect(await evidenceOf(card)).toEqual(before);
    const without = await run("full", {}, card);
    expect(without).toMatchObject({ state: "completed", failedImages: 0 });
    expect(await groupsOf(system.client, without.id)).toEqual(cardGroups);
    const { bytes } = await evidenceOf(card);
    expect(await evidenceOf(card)).toMatchObject({ features: 0, digest: expect.not.stringContaining(before.digest) });
    expect(bytes).toBeLessThan(14 * 300);

    const again = await run("new", { features: true }, card);
    expect(again).toMatchObject({ state: "completed", totalTasks: 0 });
    expect([await evidenceOf(card), await groupsOf(system.client, again.id)]).toEqual([before, cardGroups]);
    expect([cardDecided.length, await decisionsOf(again.id)]).toEqual([1, cardDecided]);
    const { rows } = await store.pool.query("select distinct job_id from hash_block where catalog_id = $1", [card]);
    expect(rows).toEqual([{ job_id: again.id }]);
  });
});
