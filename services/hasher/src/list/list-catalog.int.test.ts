import { hash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Bus } from "@lookalike/shared/bus/connect";
import { ensureTopology, STREAMS } from "@lookalike/shared/bus/topology";
import { failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage, type ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { Listing } from "@lookalike/shared/domain/image/listing";
import { enact } from "@lookalike/shared/domain/job/decide";
import { decodeEvent } from "@lookalike/shared/domain/job/events";
import { FileTally } from "@lookalike/shared/domain/job/file-counts";
import { acceptedJob } from "@lookalike/shared/domain/job/job";
import { jobAccepted } from "@lookalike/shared/domain/job/job.fixtures";
import { directorySource } from "@lookalike/shared/domain/job/source";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { FairTurns } from "@lookalike/shared/runtime/fair-turns";
import { createLogger } from "@lookalike/shared/runtime/log";
import { createCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/catalog/census";
import { readImages } from "@lookalike/shared/store/catalog/images";
import { appendFound } from "@lookalike/shared/store/catalog/listing";
import { insertJob } from "@lookalike/shared/store/jobs/jobs";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, expect, it } from "vitest";
import { messagesOf } from "../../../../test/support/messages.ts";
import { connectTo, type Servers, startServers } from "../../../../test/support/servers.ts";
import { listCatalog } from "./list-catalog.ts";
import { fullWalk, type MarkedCatalog, type Walk } from "./sources/walk.ts";

type ScanTask = TaskOf<"scan">;

const log = createLogger("test", "fatal");
const storing = new FairTurns({ turns: 2, turnsPerTenant: 2, turnsForSmall: 1 });
const IMAGES = 12_000;
let servers: Servers;
let bus: Bus;
let store: Store;
let close: () => Promise<void>;

beforeAll(async () => {
  servers = await startServers();
  await applyMigrations(servers.environment["DATABASE_URL"] ?? "");
  ({ bus, store, close } = await connectTo(servers.environment));
  await ensureTopology(bus, 1);
});
afterAll(async () => {
  await close();
  await servers.stop();
});

const image = (number: number, change = ""): FoundImage =>
  foundImage({ path: `picture ${number}.jpg`, fingerprint: `${number}${change}`, bytes: 4 });

/** A source as a stream of images, which may end with an error. */
async function* source(numbers: Iterable<number>, end?: Error): AsyncGenerator<FoundImage> {
  for (const number of numbers) yield image(number);
  if (end !== undefined) throw end;
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Stores a job that is about to list its catalog, as the coordinator does. Returns its scan task. */
const listingJob = async (job: string, catalog = `catalog-of-${job}`): Promise<ScanTask> => {
  const accepted = { ...jobAccepted({}, { id: catalog, name: catalog, source: directorySource("/photos") }), job };
  const { tenant, run, attempt, at } = accepted;
  await createCatalog(store.db, tenant, catalog, accepted.body.catalog.source, catalog);
  await insertJob(store.db, enact(acceptedJob(accepted), { type: "scan" }), at);
  return { v: 1, tenant, job, run, attempt, kind: "scan", catalog, task: 0 };
};

const list = (task: ScanTask, images: AsyncIterable<FoundImage>): Promise<void> =>
  listCatalog({ bus, store, log, storing, walk: async () => fullWalk(images) }, task);

/** Leaves what a walk leaves that ends when it has stored a part and not yet published it. */
const storeOnly = async (task: ScanTask, numbers: number[]): Promise<void> => {
  const listing = new Listing({
    catalogId: task.catalog,
    jobId: task.job,
    end: await endOfCatalog(store.db, task.catalog),
    images: Number.POSITIVE_INFINITY,
    retried: new OrdinalSet(),
    isResumed: false,
    recognizes: false,
    rereads: false,
  });
  await appendFound(
    store,
    listing,
    numbers.map((number) => image(number)),
  );
};

/** What the log says about a job: its images by ordinal, and how the listing ended. */
const published = async (job: string) => {
  const images = new Map<number, ListedImage>();
  const done: { images: number }[] = [];
  const refused: { detail: string; missingImages: number | null }[] = [];
  for await (const message of messagesOf(bus, STREAMS.events)) {
    const event = decodeEvent(message.json());
    if (event?.job !== job) continue;
    if (event.type === "images-listed") for (const row of event.body.images) images.set(row.ordinal, row);
    if (event.type === "listing-done") done.push(event.body);
    if (event.type === "listing-failed") refused.push(event.body);
  }
  return { images, done, refused };
};

const stored = async (catalog: string): Promise<{ ordinal: number; path: string }[]> => {
  const { rows } = await store.pool.query(
    "select ordinal, convert_from(path, 'UTF8') as path from image where catalog_id = $1 and vanished_in is null order by ordinal",
    [catalog],
  );
  return rows;
};

/** Every live row is in the log as it is in the table, each path once. */
const expectAllPublished = async (task: ScanTask, images: number): Promise<void> => {
  const rows = await stored(task.catalog);
  expect(new Set(rows.map(({ path }) => path)).size).toBe(images);
  const { images: inLog, done } = await published(task.job);
  expect(rows.filter(({ ordinal, path }) => inLog.get(ordinal)?.path !== path)).toEqual([]);
  expect([rows.length, done.at(-1)?.images]).toEqual([images, images]);
};

it("a walk that ends half-way is continued by the next one, and the log has every image", async () => {
  const task = await listingJob("half-way");
  await expect(list(task, source(upTo(7_000), new Error("the hasher ends here")))).rejects.toThrow("ends here");
  await list(task, source(upTo(IMAGES)));
  await expectAllPublished(task, IMAGES);
});

it("the second walk may find the images in another order, and find others", async () => {
  const task = await listingJob("another-order");
  await expect(list(task, source(upTo(7_000), new Error("the hasher ends here")))).rejects.toThrow("ends here");
  await list(task, source(upTo(IMAGES).reverse()));
  await expectAllPublished(task, IMAGES);
});

it("what was stored and not published is published by the next walk", async () => {
  const task = await listingJob("unpublished");
  await storeOnly(task, upTo(3_000));
  await list(task, source(upTo(IMAGES)));
  await expectAllPublished(task, IMAGES);
});

it("what another walk of the job stores meanwhile is published by the walk that finds it", async () => {
  const task = await listingJob("meanwhile");
  async function* images(): AsyncGenerator<FoundImage> {
    yield* source(upTo(6_000));
    await storeOnly(task, upTo(8_000).slice(6_000));
    yield* source(upTo(IMAGES).slice(6_000));
  }
  await list(task, images());
  await expectAllPublished(task, IMAGES);
});

it("two walks of one job at the same time number each image once", async () => {
  const task = await listingJob("twice-at-once");
  await Promise.all([list(task, source(upTo(IMAGES))), list(task, source(upTo(IMAGES)))]);
  await expectAllPublished(task, IMAGES);
});

it("a source that names images twice lists them once", async () => {
  const task = await listingJob("twice");
  await list(task, source([...upTo(6_000), ...upTo(6_000), 1, 1]));
  await expectAllPublished(task, 6_000);
  await store.pool.query("update job set state = 'completed' where id = 'twice'");
  const again = await listingJob("twice-again", task.catalog);
  await list(again, source([0, 0, 5, 5, ...upTo(5_900).reverse(), 7, 6_001, 6_001]));
  await expectAllPublished(again, 5_901);
});

it("images of a job that never hashed are published again for the next job", async () => {
  const first = await listingJob("cancelled", "shared");
  await list(first, source(upTo(3_000)));
  await store.pool.query("update job set state = 'cancelled' where id = 'cancelled'");
  const second = await listingJob("after-it", "shared");
  await list(second, source(upTo(4_000)));
  await expectAllPublished(second, 4_000);
});

it("a walk from a mark that finds a known image is followed by one from the start", async () => {
  const first = await listingJob("before-the-mark", "marked");
  await list(first, source(upTo(6_000)));
  await store.pool.query("update job set state = 'completed' where id = 'before-the-mark'");
  const second = await listingJob("after-the-mark", "marked");
  const walks: (MarkedCatalog | null)[] = [];
  const walk = async (_: unknown, resume: MarkedCatalog | null): Promise<Walk> => {
    walks.push(resume);
    const images = resume === null ? upTo(6_002) : [6_000, 6_001, 5];
    return { ...fullWalk(source(images)), isResumed: resume !== null };
  };
  await listCatalog({ bus, store, log, storing, walk }, second);
  expect(walks).toEqual([{ mark: null, end: 6_000, images: 6_000 }, null]);
  const { images, done } = await published(second.job);
  // The first job hashed nothing, so all of its images are published again.
  expect([images.size, done.at(-1)?.images]).toEqual([6_002, 6_002]);
});

it("odd names, times, sizes and words cost their own image at most", async () => {
  const task = await listingJob("odd");
  // Digits that do not repeat: no index could make the path shorter.
  const digits = Array.from({ length: 1_000 }, (_, at) => hash("md5", `${at}`)).join("");
  const paths = [...upTo(3).map((at) => digits.slice(at, at + 4_000)), "caf\udce9.jpg", "nul\u0000.jpg"];
  async function* images(): AsyncGenerator<FoundImage> {
    for (const path of paths) yield foundImage({ path, fingerprint: "1", bytes: 2 ** 62, width: 3e9 });
    yield foundImage({ path: "old.jpg", fingerprint: "1", modifiedAt: "1601-01-01T00:00:00.000Z" });
    yield foundImage({ path: "bad", fingerprint: "1", failure: failureOf("bad-line", "half \ud800, nul \u0000") });
  }
  await list(task, images());
  await store.pool.query("update job set state = 'completed' where id = 'odd'");
  const again = await listingJob("odd-again", task.catalog);
  await list(again, images());
  const rows = await readImages(store.db, task.catalog, 0, 100);
  expect(rows.map(({ path }) => path)).toEqual([...paths, "old.jpg", "bad"]);
  expect(rows.at(-2)?.modifiedAt).toBe("1601-01-01T00:00:00.000Z");
  expect(rows.at(-1)?.failure).toEqual({ reason: "bad-line", detail: "half , nul" });
  const { images: inLog, done } = await published(task.job);
  expect([inLog.size, done.at(-1)?.images, (await published(again.job)).done.at(-1)?.images]).toEqual([7, 7, 7]);
});

it("a walk whose job was cancelled meanwhile stops, and publishes no end", async () => {
  const task = await listingJob("zombie");
  async function* images(): AsyncGenerator<FoundImage> {
    yield* source(upTo(6_000));
    while ((await stored(task.catalog)).length < 5_000) await setTimeout(5);
    await store.pool.query("update job set state = 'cancelled' where id = 'zombie'");
    yield* source(upTo(IMAGES).slice(6_000));
  }
  await list(task, images());
  const { done } = await published(task.job);
  // The sixth part may be stored while the job is being cancelled.
  expect([5_000, 6_000]).toContain((await stored(task.catalog)).length);
  expect(done).toEqual([]);
});

it("a disk that shows its files and can't read them stops the job", async () => {
  const first = await listingJob("readable", "failing-disk");
  await list(first, source(upTo(100)));
  await store.pool.query("update job set state = 'completed' where id = 'readable'");
  await store.pool.query("update catalog set block_size = 100 where id = 'failing-disk'");
  await store.pool.query(`insert into hash_block
    (catalog_id, block, job_id, states, hashes, content_digests, details, failed_images, digest)
    values ('failing-disk', 0, 'readable', decode(repeat('01', 100), 'hex'), '', decode(repeat('00', 3200), 'hex'), '[]', 0, '')`);
  const failing = async (job: string, unreadable: number) => {
    const task = await listingJob(job, "failing-disk");
    const tally = new FileTally();
    async function* images(): AsyncGenerator<FoundImage> {
      for (const number of upTo(100)) {
        if (number >= unreadable) yield image(number);
        else {
          const failure = failureOf("unreadable", "EIO: i/o error");
          tally.addUnlisted(`picture ${number}.jpg`, "unreadable", failure.detail);
          yield { ...image(number, " failed"), failure };
        }
      }
    }
    const files = { provesContent: false, isStillThere: async () => false, digestOf: async () => "" };
    await listCatalog({ bus, store, log, storing, walk: async () => fullWalk(images(), { files, tally }) }, task);
    await store.pool.query("update job set state = 'failed' where id = $1", [job]);
    return (await published(job)).refused;
  };
  expect(await failing("half-failing", 60)).toMatchObject([
    {
      missingImages: 60,
      detail: expect.stringMatching(/^60 of 100 .* 60 are there, but can't be read \(EIO: i\/o error\)/),
    },
  ]);
  expect(await failing("less-failing", 50)).toEqual([]);
});
