import { randomUUID } from "node:crypto";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { deleteHiddenRows, hideCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { listImages } from "@lookalike/shared/store/catalog/images";
import type { Store } from "@lookalike/shared/store/open";
import { connectTo } from "../test/support/servers.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";
import { percentile } from "./statistics.ts";

const IMAGES = 10_000_000;
/** One catalog with half of the images, and others that share the rest. */
const SMALL_CATALOGS = 5;
const PARTITIONS = 16;
const PAGES = 300;
const PAGE_LIMIT_MS = 20;
const ROWS_PER_STATEMENT = 500_000;

const FILL = `insert into TABLE (catalog_id, ordinal, path, fingerprint, bytes, modified_at, listed_in)
  select $1, n, convert_to('2019/trip ' || n / 1000 || '/DSC_' || n || '.jpg', 'UTF8'), md5(n::text), 4000000 + n, now(), 'job'
  from generate_series($2::int, $3::int) as n`;

const PAGE = `select ordinal, path, fingerprint, modified_at from TABLE
  where catalog_id = $1 and vanished_in is null and ordinal > $2 order by ordinal limit 101`;

const fill = async ({ pool }: Store, table: string, catalog: string, images: number): Promise<void> => {
  for (let from = 0; from < images; from += ROWS_PER_STATEMENT)
    await pool.query(FILL.replace("TABLE", table), [catalog, from, Math.min(images, from + ROWS_PER_STATEMENT) - 1]);
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** The image table at its largest: pages, a delete beside other work, and the same partitioned. */
export const store: Bench = {
  about: "10,000,000 image rows (or --images N): pages by cursor, a catalog's delete beside others, partitions",
  async run(_, say, images = IMAGES) {
    const system = await startSystem();
    const { store: db, close } = await connectTo(system.servers.environment);
    try {
      const large = randomUUID();
      const small = Array.from({ length: SMALL_CATALOGS }, () => randomUUID());
      for (const id of [large, ...small])
        await db.pool.query("insert into catalog (id, tenant, name, source) values ($1, 'default', $1, $2)", [
          id,
          directorySource("/photos"),
        ]);
      const each = Math.floor(images / 2 / SMALL_CATALOGS);
      const fillAll = async (table: string): Promise<number> => {
        const ms = await timed(async () => {
          await fill(db, table, large, images - each * SMALL_CATALOGS);
          for (const id of small) await fill(db, table, id, each);
        });
        await db.pool.query(`vacuum analyze ${table}`);
        return ms / 1_000;
      };
      const plain = await fillAll("image");
      say(`filled in ${plain.toFixed(0)} s`);

      const shape = { id: large, blockSize: 4_096 };
      const pageTimes = async (count: number): Promise<number[]> => {
        const times: number[] = [];
        for (let page = 0; page < count; page += 1) {
          const after = Math.floor((page * 7_919_993) % (images / 2));
          times.push(await timed(() => listImages(db.db, shape, { after, limit: 101 })));
        }
        return times.slice(1);
      };
      const quiet = await pageTimes(PAGES);

      // Another catalog goes, while pages of the large one are read and another is written to.
      const [deleted = "", written = ""] = small;
      let deleting = true;
      const others: number[] = [];
      const writes: number[] = [];
      const deletion = timed(async () => {
        await hideCatalog(db.db, deleted);
        while (await deleteHiddenRows(db.db));
      }).finally(() => {
        deleting = false;
      });
      for (let at = 0; deleting; at += 1) {
        others.push(...(await pageTimes(3)));
        writes.push(
          await timed(() =>
            db.pool.query(FILL.replace("TABLE", "image"), [written, each + at * 100, each + at * 100 + 99]),
          ),
        );
      }
      const deleteSeconds = (await deletion) / 1_000;
      say(`deleted ${each} images of one catalog in ${deleteSeconds.toFixed(1)} s`);

      await db.pool.query(`create table image_parts (like image including all) partition by hash (catalog_id)`);
      for (let part = 0; part < PARTITIONS; part += 1)
        await db.pool.query(
          `create table image_part_${part} partition of image_parts for values with (modulus ${PARTITIONS}, remainder ${part})`,
        );
      const partitioned = await fillAll("image_parts");
      /** The same statement on both, nothing around it. */
      const bare = async (table: string): Promise<number> => {
        const times: number[] = [];
        for (let page = 0; page < PAGES; page += 1) {
          const after = Math.floor((page * 7_919_993) % (images / 2));
          times.push(await timed(() => db.pool.query(PAGE.replace("TABLE", table), [large, after])));
        }
        return percentile(times, 0.5);
      };
      const [whole, parts] = [await bare("image"), await bare("image_parts")];
      const row = (name: string, ours: number, rival: string, theirs: number, unit: string, goal: number | null): Row =>
        costRow({ bench: "store", case: name, ours, rival, theirs, unit, goal });
      return [
        row("a page of 100, p99", percentile(quiet, 0.99), "limit", PAGE_LIMIT_MS, "ms", 1),
        row("a page while another catalog is deleted, p99", percentile(others, 0.99), "limit", PAGE_LIMIT_MS, "ms", 1),
        row("100 new images meanwhile, longest", Math.max(...writes), "the delete", deleteSeconds * 1_000, "ms", null),
        row("the statement of a page, p50", whole, `${PARTITIONS} partitions`, parts, "ms", null),
        row("filling", plain, `${PARTITIONS} partitions`, partitioned, "s", null),
      ];
    } finally {
      await close();
      await system.stop();
    }
  },
};
