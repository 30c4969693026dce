import type { Bus } from "@lookalike/shared/bus/connect";
import { ensureTopology, STREAMS } from "@lookalike/shared/bus/topology";
import { type FoundImage, foundImage, type ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { Listing } from "@lookalike/shared/domain/image/listing";
import { enact } from "@lookalike/shared/domain/job/decide";
import { acceptedJob } from "@lookalike/shared/domain/job/job";
import { jobAccepted } from "@lookalike/shared/domain/job/job.fixtures";
import { decodeEvent } from "@lookalike/shared/domain/job/message";
import { directorySource } from "@lookalike/shared/domain/job/source";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { createLogger } from "@lookalike/shared/runtime/log";
import { restoreCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/catalog/census";
import { appendFound } from "@lookalike/shared/store/catalog/listing";
import { insertJob } from "@lookalike/shared/store/jobs/jobs";
import { withMigrations } from "@lookalike/shared/store/migrate";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectTo, messagesOf, type Servers, startServers } from "../../../../test/support/system.ts";
import { listCatalog } from "./list-catalog.ts";
import { fullWalk } from "./sources/walk.ts";

type ScanTask = TaskOf<"scan">;

const IMAGES = 12_000;
let servers: Servers;
let bus: Bus;
let store: Store;
let close: () => Promise<void>;

beforeAll(async () => {
  servers = await startServers();
  await withMigrations(servers.environment["DATABASE_URL"] ?? "", async () => undefined);
  ({ bus, store, close } = await connectTo(servers.environment));
  await ensureTopology(bus, 1);
});
afterAll(async () => {
  await close();
  await servers.stop();
});

const image = (number: number, change = ""): FoundImage =>
  foundImage({ path: `picture ${number}.jpg`, fingerprint: `${number}${change}`, bytes: 4 });

/** A source as a list of images, which may break off. */
async function* source(numbers: Iterable<number>, end?: Error): AsyncGenerator<FoundImage> {
  for (const number of numbers) yield image(number);
  if (end !== undefined) throw end;
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Stores a job that is about to list its catalog, as the coordinator does. Returns its scan task. */
const listingJob = async (job: string, catalog = `catalog-of-${job}`): Promise<ScanTask> => {
  const accepted = { ...jobAccepted({}, { id: catalog, name: catalog, source: directorySource("/photos") }), job };
  const { tenant, run, attempt, at } = accepted;
  await restoreCatalog(store.db, tenant, accepted.body.catalog);
  await insertJob(store.db, enact(acceptedJob(accepted), { type: "scan" }), at);
  return { v: 1, tenant, job, run, attempt, kind: "scan", catalog, task: 0 };
};

const list = (task: ScanTask, images: AsyncIterable<FoundImage>): Promise<void> =>
  listCatalog({ bus, store, log: createLogger("test", "fatal"), walk: async () => fullWalk(images) }, task);

/** What a walk leaves that ends after it has stored a part, before it tells. */
const storeOnly = async (task: ScanTask, numbers: number[]): Promise<void> => {
  const listing = new Listing({
    catalogId: task.catalog,
    jobId: task.job,
    end: await endOfCatalog(store.db, task.catalog),
    images: Number.POSITIVE_INFINITY,
    retried: new OrdinalSet(),
    isResumed: false,
  });
  await appendFound(
    store,
    listing,
    numbers.map((number) => image(number)),
  );
};

/** What the log says of a job: its images by ordinal, and how the listing ended. */
const told = async (job: string) => {
  const images = new Map<number, ListedImage>();
  const done: { images: number }[] = [];
  for await (const message of messagesOf(bus, STREAMS.events)) {
    const event = decodeEvent(message.json());
    if (event?.job !== job) continue;
    if (event.type === "images-listed") for (const row of event.body.images) images.set(row.ordinal, row);
    if (event.type === "listing-done") done.push(event.body);
  }
  return { images, done };
};

const stored = async (catalog: string): Promise<{ ordinal: number; path: string }[]> => {
  const { rows } = await store.pool.query(
    "select ordinal, convert_from(path, 'UTF8') as path from image where catalog_id = $1 and vanished_in is null order by ordinal",
    [catalog],
  );
  return rows;
};

/** Every live row is in the log as it is in the table, each path once. */
const expectAllTold = async (task: ScanTask, images: number): Promise<void> => {
  const rows = await stored(task.catalog);
  expect(new Set(rows.map(({ path }) => path)).size).toBe(images);
  const { images: inLog, done } = await told(task.job);
  expect(rows.filter(({ ordinal, path }) => inLog.get(ordinal)?.path !== path)).toEqual([]);
  expect([rows.length, done.at(-1)?.images]).toEqual([images, images]);
};

it("a walk that ends half-way is gone on with by the next one, and the log has every image", async () => {
  const task = await listingJob("half-way");
  await expect(list(task, source(upTo(7_000), new Error("the hasher ends here")))).rejects.toThrow("ends here");
  await list(task, source(upTo(IMAGES)));
  await expectAllTold(task, IMAGES);
});

it("the second walk may come to the images in another order, and find others", async () => {
  const task = await listingJob("another-order");
  await expect(list(task, source(upTo(7_000), new Error("the hasher ends here")))).rejects.toThrow("ends here");
  await list(task, source(upTo(IMAGES).reverse()));
  await expectAllTold(task, IMAGES);
});

it("what was stored and not told is told by the next walk", async () => {
  const task = await listingJob("untold");
  await storeOnly(task, upTo(3_000));
  await list(task, source(upTo(IMAGES)));
  await expectAllTold(task, IMAGES);
});

it("what another walk of the job stores meanwhile is told by the one that comes to it", async () => {
  const task = await listingJob("meanwhile");
  async function* images(): AsyncGenerator<FoundImage> {
    yield* source(upTo(6_000));
    await storeOnly(task, upTo(8_000).slice(6_000));
    yield* source(upTo(IMAGES).slice(6_000));
  }
  await list(task, images());
  await expectAllTold(task, IMAGES);
});

it("two walks of one job at the same time number each image once", async () => {
  const task = await listingJob("twice-at-once");
  await Promise.all([list(task, source(upTo(IMAGES))), list(task, source(upTo(IMAGES)))]);
  await expectAllTold(task, IMAGES);
});

it("a source that names images twice lists them once", async () => {
  const task = await listingJob("twice");
  await list(task, source([...upTo(6_000), ...upTo(6_000), 1, 1]));
  await expectAllTold(task, 6_000);
  await store.pool.query("update job set state = 'completed' where id = 'twice'");
  const again = await listingJob("twice-again", task.catalog);
  await list(again, source([0, 0, 5, 5, ...upTo(5_900).reverse(), 7, 6_001, 6_001]));
  await expectAllTold(again, 5_901);
});

it("what a job that never hashed has numbered is told again for the next one", async () => {
  const first = await listingJob("cancelled", "shared");
  await list(first, source(upTo(3_000)));
  await store.pool.query("update job set state = 'cancelled' where id = 'cancelled'");
  const second = await listingJob("after-it", "shared");
  await list(second, source(upTo(4_000)));
  await expectAllTold(second, 4_000);
});
