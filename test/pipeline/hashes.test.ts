import { appendFile, writeFile } from "node:fs/promises";
import { evidenceOfDctHashes } from "@lookalike/engine/evidence/given-evidence";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { Source } from "@lookalike/shared/domain/job/source";
import { readEvidence, readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { readImages } from "@lookalike/shared/store/catalog/images";
import { restoreListed } from "@lookalike/shared/store/catalog/restore-listing";
import { beforeAll, describe, expect, it } from "vitest";
import { groupsOf, memberPathsOf } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { connectTo } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";

let system: RunningSystem;
const hashes = (name: string): Source => ({ kind: "hashes", file: system.path(name) });
const pathsOf = (job: string) => memberPathsOf(system.client, job);

const failuresOf = async (job: string): Promise<string[]> => {
  const failed: string[] = [];
  for await (const { path, reason } of system.client.failures(job)) failed.push(`${path} ${reason}`);
  return failed;
};

beforeAll(async () => {
  system = await sharedSystem();
});

describe("a catalog of given hashes", () => {
  beforeAll(() => writeHashes(system.path("2000.ndjson"), { images: 2_000, bits: 64, seed: 7, copiesPerThousand: 80 }));

  it("gives the same groups however its tasks are cut and handed out", async () => {
    const reference = await system.run(hashes("2000.ndjson"), { blockSize: 40 }, "window");
    expect(reference).toMatchObject({
      totalBlocks: 50,
      totalBlockPairs: 1_275,
      totalTasks: 26,
      completedTasks: 26,
      thresholdBits: 5,
      kernel: "exhaustive",
      kernelReason: expect.stringContaining("exhaustive"),
    });
    const groups = await groupsOf(system.client, reference.id);
    expect(groups.length).toBeGreaterThan(100);
    const cases = [
      { dispatch: "waves", batchSize: 5 },
      { dispatch: "all" },
      { dispatch: "window", pairsPerTask: 500 },
      { dispatch: "window", pairsPerTask: 1_000, batchSize: 1 },
      { kernel: "indexed" },
      { kernel: "indexed", blockSize: 7, dispatch: "all" },
    ] as const;
    for (const options of cases) {
      const job = await system.run(hashes("2000.ndjson"), { blockSize: 40, ...options }, JSON.stringify(options));
      const kernel = "kernel" in options ? options.kernel : "exhaustive";
      expect(job).toMatchObject({ kernel, completedBlockPairs: job.totalBlockPairs, quarantinedTasks: 0 });
      expect([options, await groupsOf(system.client, job.id)]).toEqual([options, groups]);
    }
  });

  it("stores a million edges of one task part by part, and groups by all of them", async () => {
    // Two of 64 bits set, in 1,500 ways: the distance of any two is at most 4 bits.
    const lines: string[] = [];
    for (let low = 0; lines.length < 1_500; low += 1)
      for (let high = low + 1; high < 64 && lines.length < 1_500; high += 1) {
        const hash = ((1n << BigInt(low)) | (1n << BigInt(high))) ^ 0x0f0f_3333_5555_00ffn;
        lines.push(JSON.stringify({ id: `${low}-${high}`, hash: hash.toString(16).padStart(16, "0") }));
      }
    await writeFile(system.path("alike.ndjson"), lines.join("\n"));
    for (const kernel of ["exhaustive", "indexed"] as const) {
      const job = await system.run(hashes("alike.ndjson"), { kernel }, `alike, ${kernel}`);
      expect(job.result).toMatchObject({ edges: (1_500 * 1_499) / 2 });
      expect(await groupsOf(system.client, job.id)).toHaveLength(1);
      const { store, close } = await connectTo(system.environment);
      const { rows } = await store.pool.query("select count(*)::int as parts from compare_result where job_id = $1", [
        job.id,
      ]);
      await close();
      // One task of many parts; or bands, each with its own.
      expect(rows[0].parts).toBeGreaterThan(3);
    }
  });

  it("reports bad lines, excludes flat hashes and joins equal ones", async () => {
    const hash = "0123456789abcdef";
    const lines = [
      { id: "a", hash, width: 10, height: 10 },
      { id: "b", hash: hash.toUpperCase() },
      { id: "a", hash: "fedcba9876543210" },
      { id: "short", hash: "0123" },
      { id: "long", hash: hash.repeat(4) },
      { id: "black 1", hash: "0".repeat(16) },
      { id: "black 2", hash: "0".repeat(16) },
      { id: "nearly", hash: "0123456789abcdee" },
    ].map((line) => JSON.stringify(line));
    await writeFile(system.path("odd.ndjson"), [...lines, "no json", ""].join("\n"));
    const job = await system.run(hashes("odd.ndjson"));
    expect(job).toMatchObject({ state: "completed", totalImages: 9, failedImages: 4, result: { flatImages: 2 } });
    expect(await pathsOf(job.id)).toEqual([["a", "b", "nearly"]]);
    expect(await failuresOf(job.id)).toEqual([
      "line 3 duplicate-id",
      "line 4 bad-line",
      "line 5 bad-line",
      "line 9 bad-line",
    ]);
  });

  it("that has grown is read from where it ended; faults of a line do not depend on where reading begins", async () => {
    const lines = [{ id: "c", hash: "0123456789abcdee" }].map((line) => `${JSON.stringify(line)}\n`);
    await appendFile(system.path("odd.ndjson"), lines.join(""));
    const grown = await system.run(hashes("odd.ndjson"));
    expect(grown).toMatchObject({ totalImages: 10, failedImages: 4 });
    expect(await pathsOf(grown.id)).toEqual([["a", "b", "nearly", "c"]]);
    // This id is in the part that would not be read again.
    await appendFile(system.path("odd.ndjson"), `${JSON.stringify({ id: "a", hash: "fedcba9876543210" })}\n`);
    const repeated = await system.run(hashes("odd.ndjson"));
    expect(repeated).toMatchObject({ totalImages: 11, failedImages: 5 });
    expect(await pathsOf(repeated.id)).toEqual([["a", "b", "nearly", "c"]]);
    const fromStart = await system.run(hashes("odd.ndjson"), {}, "odd lines from the start");
    expect((await failuresOf(repeated.id)).sort()).toEqual((await failuresOf(fromStart.id)).sort());
  });

  it("stores the evidence that lines bring, also again from the log", async () => {
    const dctHashes = ["1a", "2b", "3c", "4d"].map((byte) => byte.repeat(32));
    const size = { width: 640, height: 480 };
    const evidence = evidenceOfDctHashes(size, { hashes: Buffer.from(dctHashes.join(""), "hex"), quality: 100 });
    const lines = [
      { id: "whole", hash: "0123456789abcdef", evidence: Buffer.from(evidence).toString("base64") },
      { id: "none", hash: "0123456789abcdee" },
      { id: "dct", hash: "fedcba9876543210", ...size, dctHashes, dctQuality: 100 },
      { id: "odd", hash: "fedcba9876543210", dctHashes, dctQuality: 100 },
    ].map((line) => JSON.stringify(line));
    await writeFile(system.path("evidence.ndjson"), lines.join("\n"));
    const job = await system.run(hashes("evidence.ndjson"));
    expect(job).toMatchObject({ state: "completed", totalImages: 4, failedImages: 1 });
    expect(await pathsOf(job.id)).toEqual([["whole", "none"]]);
    const { store, close } = await connectTo(system.environment);
    try {
      const columns = ["states", "evidenceDigest", "features"] as const;
      for await (const block of readRequired(store.db, { catalogId: job.catalog, numbers: [0] }, columns)) {
        const stored = await readEvidence(store.db, job.catalog, block);
        expect(stored.map((bytes) => bytes && Buffer.from(bytes))).toEqual([
          Buffer.from(evidence),
          null,
          Buffer.from(evidence),
          null,
        ]);
        expect(block.features).toBe(0);
      }
      const images = await readImages(store.db, job.catalog, 0, 4);
      await store.pool.query("delete from image where catalog_id = $1", [job.catalog]);
      await restoreListed(store.db, job.catalog, job.id, images);
      expect(await readImages(store.db, job.catalog, 0, 4)).toEqual(images);
    } finally {
      await close();
    }
  });

  it("fails with a clear message where the threshold is too large for the hashes", async () => {
    const job = await system.run(hashes("2000.ndjson"), { thresholdBits: 40 }, "too large");
    expect(job).toMatchObject({ state: "failed", failure: "threshold 40: at most 16 bits for 64-bit hashes" });
  });
});

describe("the write-once stream", () => {
  it("holds exactly one finalize for every job that was finalized", async () => {
    const { bus, store, close } = await connectTo(system.environment);
    const { rows } = await store.pool.query<{ job: string }>(
      `select job_id as job from finalization join job on job.id = job_id join catalog on catalog.id = catalog_id
       where starts_with(source->>'file', $1)`,
      [system.path("")],
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { job } of rows) {
      const filter = { subjects_filter: `lookalike.finalize.*.*.${job}.>` };
      const { state } = await bus.jsm.streams.info(STREAMS.finalize, filter);
      expect([job, Object.values(state.subjects ?? {})]).toEqual([job, [1]]);
    }
    await close();
  });
});
