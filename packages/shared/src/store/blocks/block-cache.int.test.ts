import { withMigrations } from "@lookalike/shared/store/migrate";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectTo, type Servers, startServers } from "../../../../../test/support/system.ts";
import { createBlockCache } from "./block-cache.ts";
import { blocksBelow, listDigests, readBlocks, storeHashBlock } from "./hash-blocks.ts";

const BLOCKS = 70;
const OLD = "blockhash16/2";
const NEW = "blockhash16/3";
let servers: Servers;
let store: Store;
let close: () => Promise<void>;

/** Stores a block of one image whose state and digest say what it is. */
const storeBlock = (block: number, hashFormat: string, state: number): Promise<void> =>
  storeHashBlock(
    store.db,
    { catalogId: "photos", jobId: "job", hashFormat, digest: `${hashFormat} ${state}` },
    {
      block,
      states: Uint8Array.of(state),
      hashes: new Uint8Array(32),
      signatures: new Uint8Array(0),
      contentDigests: new Uint8Array(0),
      details: [null],
    },
  );

beforeAll(async () => {
  servers = await startServers();
  await withMigrations(servers.environment["DATABASE_URL"] ?? "", async () => undefined);
  ({ store, close } = await connectTo(servers.environment));
  for (const block of blocksBelow(BLOCKS)) await storeBlock(block, OLD, 1);
});
afterAll(async () => {
  await close();
  await servers.stop();
});

it("blocks are read in order, whatever their number, and only those that are stored", async () => {
  const numbers: number[] = [];
  for await (const { block } of readBlocks(store.db, "photos", [3, ...blocksBelow(BLOCKS + 5).slice(30)], ["block"]))
    numbers.push(block);
  expect(numbers).toEqual([3, ...blocksBelow(BLOCKS).slice(30)]);
});

it("a block is stored once for each format, and replaced by one of another format", async () => {
  await storeBlock(0, OLD, 2);
  expect(await listDigests(store.db, "photos", { numbers: [0] })).toEqual([{ block: 0, digest: `${OLD} 1` }]);
  await storeBlock(0, NEW, 1);
  expect(await listDigests(store.db, "photos", { numbers: [0, 1], hashFormat: OLD })).toEqual([
    { block: 1, digest: `${OLD} 1` },
  ]);
  await storeBlock(0, OLD, 1);
});

it("a cached block is used while its digest is the stored one, and read again when it was replaced", async () => {
  let read = 0;
  const cache = createBlockCache({
    columns: ["states"],
    toValue: ({ states }) => {
      read += 1;
      return states[0];
    },
    sizeOf: () => 1,
    maxSize: 100,
  });
  const load = async (): Promise<[number, number | undefined][]> => [
    ...(await cache.load(store.db, "photos", 1, await listDigests(store.db, "photos", { numbers: [8, 9] }))),
  ];
  expect([await load(), await load(), read]).toEqual([
    [
      [8, 1],
      [9, 1],
    ],
    [
      [8, 1],
      [9, 1],
    ],
    2,
  ]);
  await storeBlock(9, NEW, 2);
  expect([await load(), read]).toEqual([
    [
      [8, 1],
      [9, 2],
    ],
    3,
  ]);

  const listed = await listDigests(store.db, "photos", { numbers: [9] });
  await storeBlock(9, OLD, 3);
  await expect(createBlockCacheOfStates().load(store.db, "photos", 1, listed)).rejects.toThrow(
    "block 9 of catalog photos was replaced while it was read",
  );
});

const createBlockCacheOfStates = () =>
  createBlockCache({ columns: ["states"], toValue: ({ states }) => states, sizeOf: () => 1, maxSize: 100 });
