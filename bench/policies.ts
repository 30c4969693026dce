import { randomUUID } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@lookalike/shared/store/open";
import { RESTRICTED_TABLES } from "@lookalike/shared/store/policies";
import autocannon from "autocannon";
import { connectTo, WITH_KEY } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { cursorOf, writeCatalog } from "./api.ts";
import { type Bench, costRow, type Row } from "./bench.ts";
import { median } from "./statistics.ts";

const IMAGES = 100_000;
const GROUPS = 20_000;
const OTHER_TENANTS = 200;
const RESULTS_PER_TENANT = 10;
const WARMING_SECONDS = 1;
const SLOT_SECONDS = 2;
const CONNECTIONS = 16;
/** Row-level security may cost a twentieth. */
const GOAL = 0.95;

/** What other tenants have, so that the tables are not one tenant's alone. */
const addOthers = `
  with other as (
    insert into catalog (id, tenant, name, source, block_size)
    select 'other-' || n, 'other-' || n, 'photos', '{"kind": "hashes", "file": "/f"}', 250 from generate_series(1, ${OTHER_TENANTS}) n
    returning id, tenant),
  result as (
    insert into job (id, tenant, catalog_id, mode, options, state, phase, accepted_at, blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
    select id || '-' || n, tenant, id, 'new', '{}', 'completed', 'done', now(), '', '', '', '' from other, generate_series(1, ${RESULTS_PER_TENANT}) n
    returning id, tenant)
  insert into finalization (job_id, run, tenant, grouping, threshold_bits, edges, flat_images, groups, grouped_images)
  select id, 1, tenant, 'clique', 6, 1, 0, 0, 0 from result`;

const ALTERNATING = "lists of catalogs, each of another tenant than the one before";

type Target = (at: number) => { readonly path: string; readonly headers?: Record<string, string> };

/**
 * CPU time in ms that the API and its connections to PostgreSQL have taken. Unlike the time that passes, it does not depend on
 * what else the machine does.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
const cpuTime = async ({ pool }: Store): Promise<number> => {
  const { rows } = await pool.query<{ pid: number; api: number }>(`
    select pid, substring(application_name from '[0-9]+$')::int as api
    from pg_stat_activity where application_name ~ '^lookalike-api-.*[0-9]$'`);
  const times = [...new Set(rows.flatMap(({ pid, api }) => [pid, api]))].map(async (pid) => {
    // A process's own numbers are those of its first thread.
    const threads = await readdir(`/proc/${pid}/task`);
    const texts = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8")));
    return texts.reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0);
  });
  return (await Promise.all(times)).reduce((sum, ms) => sum + ms, 0);
};

/** CPU time in ms of a request, over many. */
const costOf = async (system: System, store: Store, target: Target): Promise<number> => {
  let at = 0;
  const load = (duration: number) =>
    autocannon({
      url: system.address,
      connections: CONNECTIONS,
      duration,
      headers: WITH_KEY,
      requests: [
        {
          setupRequest(request) {
            at += 1;
            const { path, headers } = target(at);
            return { ...request, path: `/v1${path}`, headers: { ...request.headers, ...headers } };
          },
        },
      ],
    });
  // Connections open, and caches of the tables' definitions are filled again.
  await load(WARMING_SECONDS);
  const before = await cpuTime(store);
  const result = await load(SLOT_SECONDS);
  const after = await cpuTime(store);
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} not 2xx, ${result.errors} errors`);
  return (after - before) / result.requests.total;
};

/** A tenant that has nothing. @returns the header with its key */
const addTenant = async ({ address }: System): Promise<Record<string, string>> => {
  const response = await fetch(`${address}/v1/tenants`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/json" },
    body: JSON.stringify({ id: `t-${randomUUID().slice(0, 8)}` }),
  });
  const { firstKey } = (await response.json()) as { firstKey: { key: string } };
  return { authorization: `Bearer ${firstKey.key}` };
};

/** The usual requests with and without row-level security, in turn, in one run. */
export const policies: Bench = {
  about: `REST reads at ${IMAGES} images, ${GROUPS} groups and ${OTHER_TENANTS} other tenants, row-level security on and off`,
  async run(rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    await writeCatalog(file, images, GROUPS);
    const system = await startSystem({ LOOKALIKE_REQUESTS_PER_MINUTE: "100000000" });
    const { store, close } = await connectTo(system.servers.environment);
    try {
      const job = await system.run({ kind: "hashes", file }, {}, "policies", 600);
      const catalog = await system.client.openCatalog("policies", { kind: "hashes", file });
      await store.pool.query(addOthers);
      await store.pool.query("vacuum analyze");
      const enable = async (isOn: boolean): Promise<void> => {
        for (const table of RESTRICTED_TABLES)
          await store.pool.query(`alter table ${table} ${isOn ? "enable" : "disable"} row level security`);
      };
      const lastPage = images - 1_000;
      const targets: Record<string, Target> = {
        "a page of 50 groups": (at) => ({
          path: `/jobs/${job.id}/groups?limit=50&order=reclaimable&minReclaimableBytes=${at % 100_000}`,
        }),
        "a group with its distances": (at) => ({ path: `/jobs/${job.id}/groups/${1 + (at % GROUPS)}?${at}` }),
        "a page of 100 images": (at) => ({
          path: `/catalogs/${catalog}/images?limit=100&cursor=${cursorOf((at * 7_919) % lastPage)}`,
        }),
        "an image": (at) => ({ path: `/catalogs/${catalog}/images/${(at * 7_919) % images}?${at}` }),
        "a job and its progress": () => ({ path: `/jobs/${job.id}` }),
      };
      // The same address again and again is answered from memory, as `bench api` measures it.
      const usual = Object.entries(targets).flatMap(([name, target]): [string, Target][] => [
        [name, () => target(1)],
        [`${name}, each another one`, target],
      ]);
      const costs = new Map<string, { ours: number; theirs: number }[]>();
      const compare = async (name: string, measure: (isOurs: boolean) => Promise<number>): Promise<void> => {
        const known = costs.get(name) ?? [];
        const isFirst = known.length % 2 === 0;
        const [first, second] = [await measure(isFirst), await measure(!isFirst)];
        const cost = isFirst ? { ours: first, theirs: second } : { ours: second, theirs: first };
        say(`${name}: ${cost.ours.toFixed(2)} ms, ${cost.theirs.toFixed(2)} ms`);
        costs.set(name, [...known, cost]);
      };
      const foreign = await addTenant(system);
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, target] of usual)
          await compare(name, async (isOurs) => {
            await enable(isOurs);
            return costOf(system, store, target);
          });
        await enable(true);
        await compare(ALTERNATING, (isOurs) =>
          costOf(system, store, (at) => ({ path: "/catalogs", headers: isOurs && at % 2 === 0 ? foreign : WITH_KEY })),
        );
      }
      return [...costs].map(([name, pairs]): Row => {
        const theirs = median(pairs.map((pair) => pair.theirs));
        return costRow({
          bench: "policies",
          case: name,
          ours: theirs * median(pairs.map((pair) => pair.ours / pair.theirs)),
          rival: name === ALTERNATING ? "the same of one tenant" : "the same without policies",
          theirs,
          unit: "ms of CPU",
          goal: name === ALTERNATING ? null : GOAL,
        });
      });
    } finally {
      await close();
      await system.stop();
      await rm(file);
    }
  },
};
