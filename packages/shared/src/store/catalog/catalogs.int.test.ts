import { afterAll, beforeAll, expect, it } from "vitest";
import { type Servers, startServers } from "../../../../../test/support/servers.ts";
import { foundImage } from "../../domain/image/listed-image.ts";
import { directorySource } from "../../domain/job/source.ts";
import { storeEvidence } from "../blocks/block-evidence.ts";
import { applyMigrations } from "../migrate.ts";
import { openStore, type Store } from "../open.ts";
import {
  type CatalogRow,
  changeCatalog,
  createCatalog,
  deleteHiddenRows,
  getCatalog,
  hideCatalog,
} from "./catalogs.ts";
import { endOfCatalog, givenHashBits, takeCensus } from "./census.ts";
import { allVanished, countImages, listFailures, vanishedOrdinals, vanishedSince } from "./images.ts";
import { markVanished } from "./listing.ts";
import { restoreListed } from "./restore-listing.ts";

let servers: Servers;
let store: Store;

beforeAll(async () => {
  servers = await startServers();
  const url = servers.environment["DATABASE_URL"];
  if (url === undefined) throw new Error("the servers have no DATABASE_URL");
  await applyMigrations(url);
  store = await openStore(url, "lookalike-test", 2);
});
afterAll(async () => {
  await store.close();
  await servers.stop();
});

const created = async (name: string): Promise<CatalogRow> => {
  const row = await createCatalog(store.db, "acme", name, directorySource("/photos"));
  if (row === null) throw new Error(`there is a catalog ${name}`);
  return row;
};

/** Adds a job and images that it listed. */
const addImages = async ({ id }: CatalogRow, job: string, ordinals: readonly number[]): Promise<void> => {
  await store.pool.query(
    `insert into job (id, tenant, catalog_id, mode, options, state, phase, accepted_at,
       blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
     values ($1, 'acme', $2, 'new', '{}', 'completed', 'done', clock_timestamp(), '', '', '', '')`,
    [job, id],
  );
  const images = ordinals.map((ordinal) => ({ ordinal, ...foundImage({ path: `${ordinal}.jpg`, fingerprint: "1" }) }));
  await restoreListed(store.db, id, job, images);
};

it("a catalog is renamed unless the tenant has another one of that name", async () => {
  const one = await created("one");
  await created("another");
  expect(await changeCatalog(store.db, one, { ...one, name: "another" })).toBe(false);
  expect(await changeCatalog(store.db, one, { ...one, name: "one" })).toBe(true);
  expect(await changeCatalog(store.db, one, { ...one, name: "third" })).toBe(true);
  expect((await getCatalog(store.db, "acme", one.id))?.name).toBe("third");
});

it("a hidden catalog is deleted with all its rows, and no row of another one", async () => {
  const [hidden, other] = [await created("hidden"), await created("other")];
  await addImages(hidden, "of-hidden", [0, 1, 2]);
  await addImages(other, "of-other", [0, 1]);
  for (const { id } of [hidden, other])
    await storeEvidence(store.db, id, { block: 0, evidenceDigest: "d", part: 0, evidence: Uint8Array.of(1) });
  await hideCatalog(store.db, hidden.id);
  expect(await getCatalog(store.db, "acme", hidden.id)).toBeNull();
  await created("hidden");
  let rounds = 0;
  while (await deleteHiddenRows(store.db)) rounds += 1;
  // Its evidence, images, job and the catalog itself.
  expect(rounds).toBe(4);
  const { rows } = await store.pool.query(
    "select from image where catalog_id = $1 union all select from job where catalog_id = $1 union all select from catalog where id = $1",
    [hidden.id],
  );
  expect([rows.length, await countImages(store.db, other.id)]).toEqual([0, 2]);
  const left = await store.pool.query("select catalog_id from block_evidence");
  expect(left.rows).toEqual([{ catalog_id: other.id }]);
});

it("a catalog that was never listed is counted without a block size, and has no given hashes", async () => {
  const catalog = await created("unlisted");
  const census = () => takeCensus(store.db, catalog, { hashFormat: "blockhash16/2", features: null });
  expect(await census()).toEqual({ end: 0, images: 0, unhashedImages: 0, failedImages: 0, hashed: [] });
  await addImages(catalog, "of-unlisted", [0, 1, 2]);
  await markVanished(store.db, catalog.id, "of-unlisted", [2]);
  expect(await census()).toEqual({ end: 3, images: 2, unhashedImages: 2, failedImages: 0, hashed: [] });
  expect([await endOfCatalog(store.db, catalog.id), await givenHashBits(store.db, catalog.id)]).toEqual([3, null]);
});

it("tombstones are those of all jobs, of one, or of those accepted after one", async () => {
  const catalog = await created("vanishing");
  await addImages(catalog, "v1", [0, 1, 2, 3]);
  await markVanished(store.db, catalog.id, "v1", [3]);
  await addImages(catalog, "v2", [4]);
  await markVanished(store.db, catalog.id, "v2", [2, 0]);
  expect(await allVanished(store.db, catalog.id)).toEqual([0, 2, 3]);
  expect(await vanishedOrdinals(store.db, catalog.id, "v1")).toEqual([3]);
  expect(await vanishedSince(store.db, catalog.id, "v1")).toEqual([0, 2]);
  expect(await vanishedSince(store.db, catalog.id, "v2")).toEqual([]);
});

it("images of quarantined blocks are failures page after page, those of blocks in progress are not", async () => {
  const catalog = await created("quarantined");
  await addImages(catalog, "of-quarantined", [0, 1, 2, 3, 4, 5]);
  const page = (after: number) =>
    listFailures(store.db, { catalogId: catalog.id, blockSize: 2, quarantinedBlocks: [0, 2], after, limit: 3 });
  expect((await page(-1)).map(({ path, reason }) => `${path} ${reason}`)).toEqual([
    "0.jpg quarantined",
    "1.jpg quarantined",
    "4.jpg quarantined",
  ]);
  expect((await page(4)).map(({ path }) => path)).toEqual(["5.jpg"]);
});
