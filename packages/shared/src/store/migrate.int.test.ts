import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "@lookalike/shared/store/open";
import { countGroups } from "@lookalike/shared/store/results/results";
import { expect, it } from "vitest";
import { ROOT, startServers, storedGroups } from "../../../../test/support/system.ts";

const FOLDER = join(ROOT, "packages/shared/migrations");

it("results that are stored before groups are shared are results of their own after", async () => {
  const servers = await startServers();
  const store = await openStore(servers.environment["DATABASE_URL"] ?? "", "lookalike-test", 2);
  const migrate = async (from: string, to: string): Promise<void> => {
    for (const file of (await readdir(FOLDER))
      .filter((name) => name >= from && name < to && name.endsWith(".sql"))
      .sort())
      for (const statement of (await readFile(join(FOLDER, file), "utf8")).split("--> statement-breakpoint"))
        await store.pool.query(statement);
  };
  try {
    await migrate("0000", "0010");
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
    await migrate("0010", "9999");
    const group = {
      ...{ kind: "exact", keeper: 0, keeperReason: "path", reclaimableBytes: 7 },
      members: [
        { ordinal: 0, distance: 0 },
        { ordinal: 1, distance: 3 },
      ],
    };
    for (const jobId of ["first", "second"]) {
      expect(await storedGroups(store, jobId)).toEqual([group]);
      expect(await countGroups(store.db, { jobId, run: 1 })).toBe(1);
    }
    const { rows } = await store.pool.query("select count(distinct lineage)::int as lineages from finalization");
    expect(rows).toEqual([{ lineages: 2 }]);
  } finally {
    await store.close();
    await servers.stop();
  }
});
