import { startPostgres } from "@lookalike/local/postgres";
import type { Server } from "@lookalike/local/server-process";
import { hashBlockDigest, partDigest, resultDigest } from "@lookalike/shared/domain/job/digest";
import { decodeEvent } from "@lookalike/shared/domain/job/events";
import {
  BLOCK,
  hashDone,
  jobAccepted,
  jobEventOf,
  jobFinalized,
  listingDone,
  pairBatchDone,
  verifyDone,
} from "@lookalike/shared/domain/job/job.fixtures";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { emptySet } from "@lookalike/shared/domain/primitives/bit-set";
import { listBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { findJob, latestBase } from "@lookalike/shared/store/jobs/jobs";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { insertVerifyResult } from "@lookalike/shared/store/results/verify-results";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.ts";
import { openPreparedData } from "../../../test/support/prepared-data.ts";
import { applyEvents } from "./apply-events.ts";
import { awaitEvidence } from "./await-evidence.ts";
import { retryTask } from "./retry.ts";

const MAX_ATTEMPTS = 3;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let store: Store;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startPostgres(await openPreparedData(folder.path));
  await applyMigrations(server.url);
  store = await openStore(server.url, "test", 4);
});
afterAll(async () => {
  await store.close();
  await server.stop();
  await folder.remove();
});

const about = (job: string) => ({ job, at: new Date().toISOString() });

/** A job whose images are all hashed, with one comparison task handed out. */
const comparingJob = async (job: string): Promise<void> => {
  const catalog = { id: `catalog-of-${job}`, name: job, source: { kind: "hashes", file: "/f" } } as const;
  const listing = listingDone(1, { hashedBlocks: Uint8Array.of(1), hashedImages: BLOCK });
  await applyEvents(store.db, [
    { ...jobAccepted({}, catalog), ...about(job) },
    { ...listing, ...about(job) },
  ]);
};
const outboxOf = async (job: string): Promise<{ event_id: string; body: unknown }[]> =>
  (
    await store.pool.query(
      "select event_id, body from outbox where event_id like $1 and event_id not like '%:scan:%' order by created_at, event_id",
      [`${job}:%`],
    )
  ).rows;

describe("a task that is lost again and again", () => {
  it("goes out as its next attempt, is quarantined after the last, and the job still ends", async () => {
    await comparingJob("lost");
    const lose = (attempt: number, failed = true) =>
      retryTask(store.db, { job: "lost", kind: "compare", task: 0, attempt, failed, reason: "crash" }, MAX_ATTEMPTS);
    expect(await lose(0)).toBe("redispatched");
    // Another coordinator or a late advisory reports the same loss: nothing happens.
    expect(await lose(0)).toBe("stale");
    expect(await lose(1)).toBe("redispatched");
    // A message that was lost is no failure, however often that is.
    expect(await lose(2, false)).toBe("redispatched");
    expect(await lose(3, false)).toBe("redispatched");
    expect(await lose(4)).toBe("quarantined");
    const outbox = await outboxOf("lost");
    expect(outbox.map(({ event_id }) => event_id)).toEqual([
      "lost:compare:0:a1",
      "lost:compare:0:a2",
      "lost:compare:0:a3",
      "lost:compare:0:a4",
      "lost:task-quarantined:compare:0:a4",
    ]);

    const quarantine = decodeEvent(outbox.at(-1)?.body);
    if (quarantine === null) throw new Error("not an event");
    await applyEvents(store.db, [quarantine]);
    expect(await findJob(store.db, "lost")).toMatchObject({
      state: "finalizing",
      quarantinedTasks: 1,
      completedTasks: 0,
    });
    expect((await outboxOf("lost")).at(-1)?.event_id).toBe("lost:finalize:1");
    expect(await lose(5)).toBe("stale");
  });

  it("leaves its job no base for the next one: what is missing must be compared again", async () => {
    await applyEvents(store.db, [{ ...jobFinalized(1), ...about("lost") }]);
    expect(
      await latestBase(store.db, "catalog-of-lost", { hashFormat: "given", radiusBits: 32, isVerified: false }),
    ).toBeNull();
  });

  it("is recorded once when ten coordinators report it at the same time", async () => {
    await comparingJob("raced");
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        retryTask(
          store.db,
          { job: "raced", kind: "compare", task: 0, attempt: 0, failed: true, reason: "crash" },
          MAX_ATTEMPTS,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== "stale")).toEqual(["redispatched"]);
  });
});

describe("events that must not count", () => {
  it("are refused: for no job, with bytes that are not their digest's, or a claim without a row", async () => {
    await comparingJob("strict");
    const result = pairBatchDone(0, { edgeCount: 1, edges: Uint8Array.of(0, 1, 2), digest: "another" });
    const { refused } = await applyEvents(store.db, [
      { ...jobEventOf("job-paused", {}), ...about("nobody") },
      { ...result, ...about("strict") },
      { ...pairBatchDone(0, { ...result.body, edges: null }), ...about("strict") },
      { ...hashDone(0, { states: Uint8Array.of(1), hashes: emptySet(256), details: [null] }), ...about("strict") },
    ]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      "no such job",
      "digest differs from the edges' bytes",
      "its claimed result is not stored",
      "digest differs from the block's bytes",
    ]);
    expect(await findJob(store.db, "strict")).toMatchObject({ state: "running", completedTasks: 0 });
  });

  it("are refused: a block before all parts of its evidence, and none that follows them", async () => {
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const evidenceDigest = resultDigest(parts.map(partDigest));
    const { body } = hashDone(0, { evidenceDigest, features: 64 });
    const done = { ...hashDone(0, { ...body, digest: hashBlockDigest(body) }), ...about("evidence") };
    const partEvent = (part: number) => ({
      ...jobEventOf("block-evidence", { block: 0, evidenceDigest, part, evidence: parts[part] as Uint8Array }),
      ...about("evidence"),
    });
    const catalog = { id: "pictures", name: "pictures", source: directorySource("/photos") };
    const before = [jobAccepted({}, catalog), listingDone(1)].map((event) => ({ ...event, ...about("evidence") }));
    const early = await applyEvents(store.db, [...before, partEvent(1), done]);
    expect(early.refused.map(({ reason }) => reason)).toEqual(["a part of its evidence is not stored"]);
    // In any order, twice, and another attempt's that come after the block.
    const late = {
      ...jobEventOf("block-evidence", { block: 0, evidenceDigest: "x", part: 0, evidence: Uint8Array.of(9) }),
      ...about("evidence"),
    };
    const whole = await applyEvents(store.db, [partEvent(1), late, partEvent(0), done, late, partEvent(1), done]);
    expect(whole.refused).toEqual([]);
    const { rows } = await store.pool.query("select part, evidence_digest from block_evidence order by part");
    expect(rows).toEqual([0, 1].map((part) => ({ part, evidence_digest: evidenceDigest })));
  });

  it("do not include a block whose evidence another coordinator is storing", async () => {
    const part = Uint8Array.of(4, 5);
    const evidenceDigest = resultDigest([partDigest(part)]);
    const { body } = hashDone(0, { evidenceDigest, features: 64 });
    const done = { ...hashDone(0, { ...body, digest: hashBlockDigest(body) }), ...about("overtaken") };
    const evidence = jobEventOf("block-evidence", { block: 0, evidenceDigest, part: 0, evidence: part });
    const catalog = { id: "overtaken", name: "overtaken", source: directorySource("/photos") };
    await applyEvents(
      store.db,
      [jobAccepted({}, catalog), listingDone(1)].map((event) => ({ ...event, ...about("overtaken") })),
    );
    const waited = awaitEvidence(store.db, [done], 60_000);
    await applyEvents(store.db, [{ ...evidence, ...about("overtaken") }]);
    await waited;
    expect((await applyEvents(store.db, [done])).refused).toEqual([]);
    await awaitEvidence(store.db, [{ ...done, job: "nobody" }], 60_000);
  });

  it("are refused: verdicts with another digest, or a claim without rows; of two results the first one counts", async () => {
    const catalog = { id: "verified", name: "verified", source: directorySource("/photos") };
    const events = [
      jobAccepted({}, catalog),
      listingDone(1, { verification: true, hashedBlocks: Uint8Array.of(1), hashedImages: BLOCK }),
      pairBatchDone(0, { edgeCount: 1, edges: Uint8Array.of(0, 1, 2), digest: partDigest(Uint8Array.of(0, 1, 2)) }),
    ];
    const verdicts = (digest: string, results: Uint8Array | null) => ({
      ...verifyDone(0, { results, digest }),
      ...about("verified"),
    });
    const [first, second] = [Uint8Array.of(7), Uint8Array.of(8)];
    const early = await applyEvents(store.db, [
      ...events.map((event) => ({ ...event, ...about("verified") })),
      verdicts("another", first),
      verdicts(partDigest(second), null),
    ]);
    expect(early.refused.map(({ reason }) => reason)).toEqual([
      "digest differs from the results' bytes",
      "its claimed result is not stored",
    ]);
    expect(await findJob(store.db, "verified")).toMatchObject({
      state: "running",
      phase: "verifying",
      verifyCursor: 1,
    });
    // A worker that stored its parts and died before its event.
    await insertVerifyResult(store.db, { jobId: "verified", task: 0, resultDigest: partDigest(second) }, 0, second);
    const done = await applyEvents(store.db, [verdicts(partDigest(first), first), verdicts(partDigest(second), null)]);
    expect(done.refused).toEqual([]);
    const { rows } = await store.pool.query("select results, is_recorded from verify_result");
    expect(rows).toEqual([{ results: Buffer.from(first), is_recorded: true }]);
    expect(await findJob(store.db, "verified")).toMatchObject({ state: "finalizing", completedVerifyTasks: 1 });
  });

  it("are refused: hashes of another format than their job's", async () => {
    const catalog = { id: "library", name: "library", source: directorySource("/photos") };
    const { body } = hashDone(0);
    const hashed = { ...body, digest: hashBlockDigest(body) };
    const { refused } = await applyEvents(
      store.db,
      [
        jobAccepted({}, catalog),
        listingDone(1, { hashFormat: "blockhash16/3" }),
        hashDone(0, { ...hashed, hashFormat: "blockhash16/2" }),
      ].map((event) => ({ ...event, ...about("formats") })),
    );
    expect(refused.map(({ reason }) => reason)).toEqual(["hashes of blockhash16/2 in a job of blockhash16/3"]);
    expect(await findJob(store.db, "formats")).toMatchObject({ hashFormat: "blockhash16/3", completedBlocks: 0 });
    const event = { ...hashDone(0, { ...hashed, hashFormat: "blockhash16/3" }), ...about("formats") };
    expect((await applyEvents(store.db, [event])).refused).toEqual([]);
    expect(await listBlocks(store.db, "library", ["block", "hashFormat"])).toEqual([
      { block: 0, hashFormat: "blockhash16/3" },
    ]);
  });
});

describe("events of the time before formats were recorded", () => {
  it.each([
    ["old-photos", directorySource("/photos"), "blockhash16/2"],
    ["old-hashes", { kind: "hashes", file: "/f" }, "given"],
  ] as const)("give %s the format of that time", async (job, source, hashFormat) => {
    const { body } = hashDone(0);
    const catalog = { id: `catalog-of-${job}`, name: job, source };
    await applyEvents(
      store.db,
      [jobAccepted({}, catalog), listingDone(1), hashDone(0, { ...body, digest: hashBlockDigest(body) })].map(
        (event) => ({ ...event, ...about(job) }),
      ),
    );
    expect(await findJob(store.db, job)).toMatchObject({ hashFormat, completedBlocks: 1 });
    expect(await getCatalog(store.db, "acme", catalog.id)).toMatchObject({ hashFormat });
    expect(await listBlocks(store.db, catalog.id, ["hashFormat"])).toEqual([{ hashFormat }]);
  });
});
