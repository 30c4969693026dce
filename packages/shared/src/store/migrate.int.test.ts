import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { hasGroup } from "@lookalike/shared/store/results/results";
import { imageGroup } from "@lookalike/shared/store/schema";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../../../test/support/folders.ts";
import { storedGroups } from "../../../../test/support/groups.ts";
import { type Servers, startServers } from "../../../../test/support/servers.ts";

const FOLDER = join(ROOT, "packages/shared/migrations");
let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.stop());

/** A store of a new database without any table. */
const openEmpty = async (database: string): Promise<Store> => {
  const url = new URL(servers.postgres.url);
  const existing = await openStore(url.href, "lookalike-test", 1);
  await existing.pool.query(`create database ${database}`);
  await existing.close();
  url.pathname = database;
  return openStore(url.href, "lookalike-test", 2);
};

/** Runs the migrations with from <= number < to. */
const migrate = async ({ pool }: Store, from: string, to: string): Promise<void> => {
  for (const file of (await readdir(FOLDER))
    .filter((name) => name >= from && name < to && name.endsWith(".sql"))
    .sort())
    for (const statement of (await readFile(join(FOLDER, file), "utf8")).split("--> statement-breakpoint"))
      await pool.query(statement);
};

it("results that are stored before groups are shared are results of their own after", async () => {
  const store = await openEmpty("shared_groups");
  try {
    await migrate(store, "0000", "0010");
    for (const id of ["first", "second"]) {
      await store.pool.query(
        `insert into job (id, tenant, catalog_id, mode, options, state, phase, accepted_at,
           blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
         values ($1, 'default', 'photos', 'new', '{}', 'completed', 'done', now(), '', '', '', '')`,
        [id],
      );
      await store.pool.query(
        `insert into finalization (job_id, run, grouping, threshold_bits, edges, flat_images, groups, grouped_images)
         values ($1, 1, 'clique', 6, 1, 0, 1, 2)`,
        [id],
      );
      await store.pool.query(
        `insert into image_group (job_id, run, number, kind, keeper, keeper_reason, size, reclaimable_bytes)
         values ($1, 1, 1, 'exact', 0, 'path', 2, 7)`,
        [id],
      );
      await store.pool.query(
        "insert into group_member (job_id, run, number, ordinal, distance) values ($1, 1, 1, 0, 0), ($1, 1, 1, 1, 3)",
        [id],
      );
    }
    await migrate(store, "0010", "9999");
    const unknown = { damaged: null, sameFileAs: null, kind: null, probability: null, via: null, comparison: null };
    const group = {
      ...{ kind: "exact", keeper: 0, keeperReason: "path", reclaimableBytes: 7 },
      members: [
        { ordinal: 0, distance: 0, ...unknown },
        { ordinal: 1, distance: 3, ...unknown },
      ],
    };
    for (const jobId of ["first", "second"]) {
      expect(await storedGroups(store, jobId)).toEqual([group]);
      expect(await store.db.$count(imageGroup, hasGroup({ jobId, run: 1 }))).toBe(1);
    }
    const { rows } = await store.pool.query("select count(distinct lineage)::int as lineages from finalization");
    expect(rows).toEqual([{ lineages: 2 }]);
  } finally {
    await store.close();
  }
});

it("hashes that are stored before formats are recorded have the first format, or are given", async () => {
  const store = await openEmpty("hash_formats");
  try {
    await migrate(store, "0000", "0011");
    for (const [id, source, hashBits] of [
      ["photos", { kind: "directory", root: "/photos" }, 256],
      ["bucket", { kind: "s3", bucket: "photos" }, 256],
      ["file", { kind: "hashes", file: "/f" }, 64],
      ["never listed", { kind: "directory", root: "/photos" }, null],
    ] as const) {
      await store.pool.query(
        "insert into catalog (id, tenant, name, source, hash_bits) values ($1, 'default', $1, $2, $3)",
        [id, source, hashBits],
      );
      await store.pool.query(
        `insert into job (id, tenant, catalog_id, mode, options, state, phase, accepted_at,
           blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
         values ($1, 'default', $1, 'new', '{}', 'completed', 'done', now(), '', '', '', '')`,
        [id],
      );
      await store.pool.query(
        `insert into hash_block (catalog_id, block, job_id, states, hashes, content_digests, details, failed_images, digest)
         values ($1, 0, $1, '', '', '', '[]', 0, '')`,
        [id],
      );
    }
    await migrate(store, "0011", "9999");
    const { rows } = await store.pool.query(
      `select catalog.id, catalog.hash_format as catalog, job.hash_format as job, hash_block.hash_format as block
       from catalog join job on job.id = catalog.id join hash_block on hash_block.catalog_id = catalog.id order by 1`,
    );
    expect(rows).toEqual([
      { id: "bucket", catalog: "blockhash16/2", job: "blockhash16/2", block: "blockhash16/2" },
      { id: "file", catalog: "given", job: "given", block: "given" },
      { id: "never listed", catalog: null, job: "blockhash16/2", block: "blockhash16/2" },
      { id: "photos", catalog: "blockhash16/2", job: "blockhash16/2", block: "blockhash16/2" },
    ]);
  } finally {
    await store.close();
  }
});
