import { evidenceParts, joinEvidence } from "@lookalike/shared/domain/image/block-evidence";
import { partDigest, resultDigest } from "@lookalike/shared/domain/job/digest";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { createCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectTo, type Servers, startServers } from "../../../../../test/support/servers.ts";
import { createBlockCache } from "./block-cache.ts";
import { storeEvidence } from "./block-evidence.ts";
import { blocksBelow, readBlockRevision, readBlocks, storeHashBlock } from "./hash-blocks.ts";
import { readEvidence } from "./required-blocks.ts";

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
      pictureDigests: new Uint8Array(0),
      details: [null],
      evidenceDigest: null,
      features: 0,
    },
  );

beforeAll(async () => {
  servers = await startServers();
  await applyMigrations(servers.environment["DATABASE_URL"] ?? "");
  ({ store, close } = await connectTo(servers.environment));
  await createCatalog(store.db, "public", "photos", directorySource("/photos"), "photos");
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

/** The numbers of the stored blocks, with the format and the state of each. */
const stored = async (numbers: number[], hashFormat?: string): Promise<unknown[]> => {
  const rows: unknown[] = [];
  for await (const row of readBlocks(store.db, "photos", numbers, ["block", "hashFormat", "states"], hashFormat))
    rows.push([row.block, row.hashFormat, row.states[0]]);
  return rows;
};

it("a block is stored once for each format, and replaced by one of another format", async () => {
  await storeBlock(0, OLD, 2);
  expect(await stored([0])).toEqual([[0, OLD, 1]]);
  await storeBlock(0, NEW, 1);
  expect(await stored([0, 1])).toEqual([
    [0, NEW, 1],
    [1, OLD, 1],
  ]);
  expect(await stored([0, 1], OLD)).toEqual([[1, OLD, 1]]);
});

it("a cached block is used until blocks of its catalog are replaced, and then read again", async () => {
  let read = 0;
  const cache = createBlockCache({
    columns: ["states"],
    toValue: ({ states }) => {
      read += 1;
      return [...states];
    },
    sizeOf: () => 1,
    maxSize: 100,
  });
  const load = async (...numbers: number[]): Promise<unknown> => {
    const blockRevision = await readBlockRevision(store.db, "photos");
    return [...(await cache.load(store.db, { id: "photos", blockSize: 1, blockRevision }, numbers))];
  };
  const before = [
    [8, [1]],
    [9, [1]],
  ];
  expect([await load(8, 9), await load(8, 9), read]).toEqual([before, before, 2]);
  // Neither another block nor a second event of a stored one invalidates what is cached.
  await storeBlock(BLOCKS, OLD, 1);
  await storeBlock(9, OLD, 2);
  expect([await load(8, 9), read]).toEqual([before, 2]);
  await storeBlock(9, NEW, 2);
  expect([await load(9, 8, BLOCKS + 1), read]).toEqual([
    [
      [9, [2]],
      [8, [1]],
    ],
    4,
  ]);
});

it("blocks of two formats are never in one answer, and a block that is not stored yet is read when it is", async () => {
  const cache = createBlockCache({
    columns: ["states"],
    toValue: ({ states }) => [...states],
    sizeOf: () => 1,
    maxSize: 100,
  });
  const load = async (hashFormat: string): Promise<number[]> => [
    ...(await cache.load(store.db, { id: "photos", blockSize: 1, blockRevision: 7, hashFormat }, [9, 10, 99])).keys(),
  ];
  expect([await load(OLD), await load(NEW)]).toEqual([[10], [9]]);
  await storeBlock(99, NEW, 1);
  expect([await load(OLD), await load(NEW)]).toEqual([[10], [9, 99]]);
});

describe("the evidence of a block", () => {
  const evidence = [new Uint8Array(600_000).fill(7), null, Uint8Array.of(1, 2, 3)];
  const parts = evidenceParts(joinEvidence(evidence));
  const evidenceDigest = resultDigest(parts.map(partDigest));
  const block = { block: 5, evidenceDigest, states: Uint8Array.of(1, 3, 1) };
  const digests = (list: readonly (Uint8Array | null)[]) => list.map((bytes) => bytes && partDigest(bytes));
  const change = (sql: string) => store.pool.query(`${sql} where catalog_id = 'photos' and block = 5`);

  it("is that of each position, and nothing where the source provided the hashes", async () => {
    for (const [part, bytes] of parts.entries())
      await storeEvidence(store.db, "photos", { block: 5, evidenceDigest, part, evidence: bytes });
    expect(parts.length).toBe(2);
    expect(digests(await readEvidence(store.db, "photos", block))).toEqual(digests(evidence));
    expect(await readEvidence(store.db, "photos", { ...block, evidenceDigest: null })).toEqual([null, null, null]);
  });

  it.each([
    ["with other bytes", "update block_evidence set evidence = set_byte(evidence, 50, 9)", "the bytes of part 0"],
    ["that has other positions", "", "part of the evidence"],
    ["without its first part", "delete from block_evidence using (values (0)) as lost (part)", "part 0"],
    ["without any", "delete from block_evidence", "the evidence"],
  ])("%s stops what needs it, by its name", async (_, sql, name) => {
    const states = sql === "" ? new Uint8Array(7) : block.states;
    if (sql.includes("lost")) await store.pool.query(`${sql} where block = 5 and block_evidence.part = lost.part`);
    else if (sql !== "") await change(sql);
    await expect(readEvidence(store.db, "photos", { ...block, states })).rejects.toThrow(
      new RegExp(`^missing data: ${name}.* of block 5 of catalog photos\\. A job of mode full`),
    );
    for (const [part, bytes] of parts.entries())
      await storeEvidence(store.db, "photos", { block: 5, evidenceDigest, part, evidence: bytes });
    expect(digests(await readEvidence(store.db, "photos", block))).toEqual(digests(evidence));
  });
});
