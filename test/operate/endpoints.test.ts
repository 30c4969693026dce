import type { Job } from "@lookalike/cli/client";
import type { Bus } from "@lookalike/shared/bus/connect";
import { publish } from "@lookalike/shared/bus/publish";
import { readMessage, readStream } from "@lookalike/shared/bus/read";
import { consumerPlans, STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { encodeVerifiedPairs } from "@lookalike/shared/domain/grouping/verified-pairs";
import { partDigest, resultDigest } from "@lookalike/shared/domain/job/digest";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { SERVICE_NAMES } from "@lookalike/shared/runtime/config";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsOf, storedGroups } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { requestEndpoint } from "../support/request.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

let system: System;
let bus: Bus;
let store: Store;
let close: () => Promise<void>;
let catalog: string;
let job: string;

beforeAll(async () => {
  system = await startSystem({ LOOKALIKE_RECONCILE_INTERVAL_MS: "1000", LOOKALIKE_LOST_AFTER_MS: "60000" });
  ({ bus, store, close } = await connectTo(system.servers.environment));
  const folder = system.path("photographs");
  await makePhotographs(folder, 60, 240);
  const source = directorySource(folder);
  const done = await system.run(source, { blockSize: 10, pairsPerTask: 4 }, "photographs");
  [job, catalog] = [done.id, done.catalog];
});
afterAll(async () => {
  await close();
  await system.stop();
});

const groupsLeft = (run: number) =>
  store.pool.query(
    "select count(*)::int as n from image_group join finalization using (lineage) where job_id = $1 and run = $2",
    [job, run],
  );

describe("every service", () => {
  it.each(SERVICE_NAMES)("%s reports its state, and which requests it takes", async (service) => {
    const { code, body } = await requestEndpoint(bus, `${service}.status`);
    expect([code, body]).toEqual([
      200,
      expect.objectContaining({ service, state: "working", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) }),
    ]);
    const [info] = await servicesNamed(service);
    expect(info?.endpoints.map(({ name }) => name)).toEqual(expect.arrayContaining(["status", "log-level", "drain"]));
  });

  it("counts requests and errors, and measures around the awaited work", async () => {
    await requestEndpoint(bus, "coordinator.replay", { job });
    await requestEndpoint(bus, "coordinator.replay", { job: "nobody" });
    const stats = await statsOf("coordinator", "replay");
    expect(stats).toMatchObject({ num_requests: 2, num_errors: 1, last_error: expect.stringContaining("nobody") });
    // A replay makes a schema and folds a log: never under a millisecond, which is all that nats.js would count.
    expect(stats.average_processing_time).toBeGreaterThan(1_000_000);
    expect(Number.isInteger(stats.average_processing_time)).toBe(true);
  });

  it("refuses what is no request in words, with a code", async () => {
    expect(await requestEndpoint(bus, "coordinator.job", { job: "nobody" })).toMatchObject({ code: 404 });
    expect(await requestEndpoint(bus, "coordinator.job", {})).toMatchObject({ code: 400 });
    const raw = await bus.connection.request("lookalike.svc.coordinator.job", "no json");
    expect(raw.headers?.get("Nats-Service-Error")).toContain("not JSON");
  });

  it("changes its log level, one instance alone", async () => {
    const { body } = await requestEndpoint(bus, "hasher.status");
    expect(
      (await requestEndpoint(bus, "hasher.log-level", { instance: body["instance"], level: "debug" })).body,
    ).toMatchObject({
      logLevel: "debug",
    });
    expect((await requestEndpoint(bus, "hasher.status")).body).toMatchObject({ logLevel: "debug" });
    await expect(
      bus.connection.request("lookalike.svc.hasher.log-level", JSON.stringify({ instance: "another", level: "warn" }), {
        timeout: 500,
      }),
    ).rejects.toThrow();
  });
});

describe("the log of a job", () => {
  it("gives the same tables when it is replayed into a shadow", async () => {
    const { body } = await requestEndpoint(bus, "coordinator.replay", { job });
    expect(body).toMatchObject({ equal: true, applied: false, refused: [], unreadable: 0, state: "completed" });
    const { rows } = await store.pool.query("select nspname from pg_namespace where nspname like 'shadow%'");
    expect(rows).toEqual([]);
  });

  it("repairs damaged tables, and only when the request says so", async () => {
    await store.pool.query("delete from compare_result where job_id = $1 and task in (0, 3)", [job]);
    await store.pool.query("update hash_block set digest = 'x' where job_id = $1 and block = 2", [job]);
    await store.pool.query("delete from block_evidence where catalog_id = $1 and block = 1", [catalog]);
    await store.pool.query(
      "update block_evidence set evidence = set_byte(evidence, 700, 256 - get_byte(evidence, 700) & 255) where catalog_id = $1 and block = 3",
      [catalog],
    );
    await store.pool.query("update job set tasks_done = '\\x00', completed_tasks = 0 where id = $1", [job]);
    await store.pool.query("delete from image where listed_in = $1 and ordinal between 5 and 7", [job]);
    const verified = await requestEndpoint(bus, "coordinator.verify", { job });
    expect(verified.body).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.stringContaining("block 2"),
        expect.stringContaining("block 1: the evidence"),
        expect.stringContaining("block 3: the bytes of part 0 of the evidence"),
      ]),
    });
    const preview = await requestEndpoint(bus, "coordinator.replay", { job });
    expect(preview.body).toMatchObject({ equal: false, applied: false });
    expect(preview.body["tables"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: "compare_result", onlyShadow: 2, onlyLive: 0 }),
        expect.objectContaining({ table: "image", onlyShadow: 3 }),
        expect.objectContaining({ table: "hash_block", different: 1, examples: ["2"] }),
        expect.objectContaining({ table: "block_evidence", onlyShadow: 1, different: 1 }),
        expect.objectContaining({ table: "job", different: 1 }),
      ]),
    );
    const blockRevision = async (): Promise<unknown> =>
      (
        await store.pool.query(
          "select block_revision from catalog join job on job.catalog_id = catalog.id where job.id = $1",
          [job],
        )
      ).rows[0].block_revision;
    expect(await blockRevision()).toBe(0);
    expect((await requestEndpoint(bus, "coordinator.replay", { job, apply: true })).body).toMatchObject({
      applied: true,
    });
    // No process goes on using the damaged block that it has cached.
    expect(await blockRevision()).toBe(1);
    expect((await requestEndpoint(bus, "coordinator.replay", { job })).body).toMatchObject({ equal: true });
    expect((await requestEndpoint(bus, "coordinator.verify", { job })).body).toMatchObject({ ok: true, problems: [] });
  });

  it("takes nothing back that the log has lost", async () => {
    await store.pool.query(
      `insert into outbox (event_id, stream, subject, body, published_at, applied_at)
       values ('an event that was lost', $1, 'none', jsonb_build_object('job', $2::text), now(), now())`,
      [STREAMS.events, job],
    );
    await store.pool.query("update job set completed_tasks = 0 where id = $1", [job]);
    const refused = await requestEndpoint(bus, "coordinator.replay", { job, apply: true });
    expect(refused.code).toBe(409);
    expect(JSON.stringify(refused.body)).toContain("an event that was lost");
    await store.pool.query("delete from outbox where event_id = 'an event that was lost'");
    const { body } = await requestEndpoint(bus, "coordinator.replay", { job, apply: true });
    expect(body).toMatchObject({ applied: true });
  });

  it("brings back a job whose row is lost", async () => {
    await store.pool.query("delete from job where id = $1", [job]);
    expect((await requestEndpoint(bus, "coordinator.job", { job })).code).toBe(404);
    expect((await requestEndpoint(bus, "coordinator.replay", { job, apply: true })).body).toMatchObject({
      applied: true,
    });
    expect((await system.client.readJob(job)).state).toBe("completed");
  });
});

describe("a completed job", () => {
  it("is grouped again on request, as its next run, with the same groups", async () => {
    const groups = await groupsOf(system.client, job);
    expect((await requestEndpoint(bus, "coordinator.rerun-finalize", { job })).body).toEqual({ job, run: 2 });
    await until(async () => ((await groupsLeft(2)).rows[0]?.n ?? 0) > 0);
    await finished(system.client, job);
    expect(await groupsOf(system.client, job)).toEqual(groups);
    expect((await requestEndpoint(bus, "coordinator.verify", { job })).body).toMatchObject({ ok: true, problems: [] });
    expect((await requestEndpoint(bus, "coordinator.replay", { job })).body).toMatchObject({ equal: true });
  });

  it("does its quarantined tasks again", async () => {
    // As after a worker that failed three times: the task is in quarantine and nothing of it is stored.
    await store.pool.query("delete from compare_result where job_id = $1 and task = 1", [job]);
    await store.pool.query(
      "update job set tasks_done = set_bit(tasks_done, 1, 0), tasks_quarantined = set_bit(tasks_quarantined, 1, 1), quarantined_tasks = 1, completed_tasks = completed_tasks - 1 where id = $1",
      [job],
    );
    expect((await requestEndpoint(bus, "coordinator.job", { job })).body).toMatchObject({
      compare: { quarantined: [1] },
    });
    const { body } = await requestEndpoint(bus, "coordinator.redrive", { job });
    expect(body).toMatchObject({ run: 3, redriven: [{ kind: "compare", task: 1 }], left: 0 });
    await until(async () => ((await groupsLeft(3)).rows[0]?.n ?? 0) > 0);
    expect(await finished(system.client, job)).toMatchObject({ state: "completed", quarantinedTasks: 0, run: 3 });
    expect((await requestEndpoint(bus, "coordinator.verify", { job })).body).toMatchObject({ ok: true });
  });

  it("can't be paused, and a job that runs can", async () => {
    expect(await requestEndpoint(bus, "coordinator.pause", { job })).toMatchObject({ code: 409 });
    await requestEndpoint(bus, "hasher.concurrency", { instance: "all", kind: "scan", concurrency: 0 });
    const { id } = await system.client.startJob(catalog, { mode: "full" } as object);
    await requestEndpoint(bus, "coordinator.pause", { job: id });
    await until(async () => (await system.client.readJob(id)).paused);
    await requestEndpoint(bus, "coordinator.resume", { job: id });
    await requestEndpoint(bus, "hasher.concurrency", { instance: "all", kind: "scan", concurrency: 1 });
    expect(await finished(system.client, id)).toMatchObject({ state: "completed" });
  });
});

describe("a roll-out", () => {
  it("decides for jobs that start from now on, is recorded, and shadows show whether it changes results", async () => {
    expect((await requestEndpoint(bus, "coordinator.rollout")).body).toMatchObject({
      rollouts: [{ feature: "USE_BATCHED_COMPARISON", percent: 100, shadow: false }, { feature: "INDEXED_COMPARISON" }],
    });
    await requestEndpoint(bus, "coordinator.rollout", { feature: "USE_BATCHED_COMPARISON", percent: 0 });
    await requestEndpoint(bus, "coordinator.rollout", { feature: "INDEXED_COMPARISON", shadow: true });
    const started = await system.client.startJob(catalog, JobOptions.parse({ pairsPerTask: 4 }));
    expect(started.options).toMatchObject({
      dispatch: "all",
      rollout: [
        { feature: "USE_BATCHED_COMPARISON", enabled: false },
        { feature: "INDEXED_COMPARISON", shadow: true },
      ],
    });
    await finished(system.client, started.id);
    const shadow = `${started.id}-indexed`;
    await until(
      async () => (await requestEndpoint(bus, "coordinator.job", { job: shadow })).body["state"] === "completed",
    );
    const reports: unknown[] = [];
    for await (const { body } of readStream(bus, STREAMS.events, subjects.eventsOf(shadow)))
      if ((body as { type: string }).type === "shadow-compared") reports.push((body as { body: unknown }).body);
    expect(reports).toEqual([
      expect.objectContaining({ shadowOf: started.id, feature: "INDEXED_COMPARISON", equal: true, onlyJob: 0 }),
    ]);
    // Its owner sees nothing of it.
    expect((await system.client.newestJobs(catalog))[0]?.id).toBe(started.id);
    await expect(system.client.readJob(shadow)).rejects.toThrow();
    expect((await storedGroups(store, shadow)).length).toBe(0);

    await requestEndpoint(bus, "coordinator.rollout", { feature: "USE_BATCHED_COMPARISON", catalog, enabled: true });
    await requestEndpoint(bus, "coordinator.rollout", { feature: "INDEXED_COMPARISON", shadow: false });
    const overridden = await system.client.startJob(catalog, JobOptions.parse({}));
    expect(overridden.options).toMatchObject({ dispatch: "window" });
    await finished(system.client, overridden.id);
    expect(await requestEndpoint(bus, "coordinator.rollout", { percent: 10 })).toMatchObject({ code: 400 });
  });
});

describe("messages that nobody can handle", () => {
  /** Not JSON, no object, no message, and one that is as large as the server allows. */
  const GARBAGE = ["x", "", "null", "[]", '{"v":99}', `"${"x".repeat(1_000_000)}"`, "[".repeat(100_000)];
  const NUMBER = 40;

  it("are set aside with the reason wherever they arrive, and hold up no job", async () => {
    const before = (await bus.jsm.streams.info(STREAMS.deadLetters)).state.messages;
    const garbage = Array.from({ length: NUMBER }, (_, at) => GARBAGE[at % GARBAGE.length] ?? "");
    for (const [at, payload] of garbage.entries()) {
      const job = `garbage-${at}`;
      const address = { tenant: "default", job };
      for (const subject of [
        subjects.event("hash-done", address),
        subjects.finalize(1, address),
        subjects.task("scan", "interactive", address),
        subjects.task("hash", "interactive", address),
        subjects.task("compare", "interactive", address),
      ])
        await bus.js.publish(subject, payload);
      await bus.js.publish(subjects.dead("hash", address), payload);
      bus.connection.publish(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${STREAMS.tasks}.hash-bulk`, payload);
      bus.connection.publish(`lookalike.progress.00.default.${job}`, payload);
    }
    // What PostgreSQL refuses, and more images than a job has.
    for (const wrong of [{ job: "\u0000" }, { images: 2 ** 50 }])
      bus.connection.publish(
        "lookalike.progress.00.default.x",
        JSON.stringify({ job: "x", block: 0, images: 1, ...wrong }),
      );

    const { id } = await system.client.startJob(catalog, { mode: "full" } as object);
    expect(await finished(system.client, id)).toMatchObject({ state: "completed" });
    const expected = before + NUMBER * (6 + 1);
    await until(async () => (await bus.jsm.streams.info(STREAMS.deadLetters)).state.messages === expected);
    for (const [stream, plans] of Object.entries(consumerPlans))
      for (const { durable_name } of plans)
        await until(async () => {
          const { num_ack_pending, num_pending } = await bus.jsm.consumers.info(stream, durable_name);
          return num_ack_pending + num_pending === 0;
        });
  });

  it("are events that fit their schema and no table, too", async () => {
    const { id } = await system.client.startJob(catalog, { mode: "full" } as object);
    await finished(system.client, id);
    const origin = { tenant: "default", job: id };
    const image = { ordinal: 2 ** 40, path: "x.jpg", fingerprint: "x" };
    const envelope = { v: 1, eventId: "poison", ...origin, run: 1, attempt: 0, at: new Date().toISOString() };
    const body = { ...envelope, type: "images-listed", body: { images: [image] } };
    const subject = subjects.event("images-listed", origin);
    const before = (await bus.jsm.streams.info(STREAMS.deadLetters)).state.messages;
    await publish(bus, { eventId: "poison", stream: STREAMS.events, subject, body });
    await requestEndpoint(bus, "coordinator.rerun-finalize", { job: id });
    await until(async () => (await system.client.readJob(id)).run === 2);
    expect(await finished(system.client, id)).toMatchObject({ state: "completed" });
    const { state } = await bus.jsm.streams.info(STREAMS.deadLetters);
    expect(state.messages).toBe(before + 1);
    const letter = await readMessage(bus, STREAMS.deadLetters, state.last_seq);
    expect(letter?.body).toMatchObject({
      parked: { stream: STREAMS.events, subject },
      reason: expect.stringContaining("out of range"),
    });
    const again = await requestEndpoint(bus, "coordinator.redrive", { deadLetter: state.last_seq });
    expect(again.body).toEqual({ redriven: subject });
  });
});

describe("data that must be stored and is not", () => {
  let library: string;
  let last: string;
  let expected: string[];

  /** Groups the newest job again. @returns why it failed; null = it did not */
  const groupAgain = async (): Promise<string | null> => {
    const { run } = await system.client.readJob(last);
    expect((await requestEndpoint(bus, "coordinator.rerun-finalize", { job: last })).code).toBe(200);
    await until(async () => (await system.client.readJob(last)).run === run + 1);
    return (await finished(system.client, last)).failure;
  };
  const scanAgain = async (options: object): Promise<Job> => {
    const { id } = await system.client.startJob(library, options);
    last = id;
    return finished(system.client, id);
  };
  const change = (sql: string, ...values: unknown[]) => store.pool.query(sql, values);
  /** Deletes a block, also from the caches of processes. */
  const loseBlock = async (block: number): Promise<void> => {
    await change("delete from hash_block where catalog_id = $1 and block = $2", library, block);
    await change("update catalog set block_revision = block_revision + 1 where id = $1", library);
  };

  beforeAll(async () => {
    const folder = system.path("library");
    await makePhotographs(folder, 40, 160);
    const done = await system.run(directorySource(folder), { blockSize: 10, pairsPerTask: 4 }, "library");
    [last, library] = [done.id, done.catalog];
    expected = await groupsOf(system.client, last);
    expect(expected.length).toBeGreaterThan(5);
  });

  it("stops the comparing of a lost block, by its name, and a job of mode full does it again", async () => {
    const { instance } = (await requestEndpoint(bus, "comparer.status")).body;
    const compare = (concurrency: number) =>
      requestEndpoint(bus, "comparer.concurrency", { instance, kind: "compare", concurrency });
    await compare(0);
    const { id } = await system.client.startJob(library, { mode: "full" } as object);
    await until(async () => (await system.client.readJob(id)).phase === "comparing");
    await loseBlock(2);
    await compare(2);
    expect(await finished(system.client, id)).toMatchObject({ quarantinedTasks: expect.any(Number) });
    const { attempts } = (await requestEndpoint(bus, "coordinator.job", { job: id })).body as {
      attempts: { reason: string }[];
    };
    expect(attempts[0]?.reason).toContain(`block 2 of catalog ${library}`);
    expect(await scanAgain({ mode: "full" })).toMatchObject({ state: "completed", quarantinedTasks: 0 });
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });

  it("stops the grouping without a block, and queries, by its name", async () => {
    await loseBlock(1);
    const name = `block 1 of catalog ${library}`;
    const query = await fetch(`${system.address}/v1/catalogs/${library}/query`, {
      method: "POST",
      headers: { ...WITH_KEY, "content-type": "application/json" },
      body: JSON.stringify({ hash: "ab".repeat(32) }),
    });
    expect([query.status, await query.json()]).toEqual([
      500,
      expect.objectContaining({ type: "urn:lookalike:problem:missing-data", detail: expect.stringContaining(name) }),
    ]);
    await expect(groupsOf(system.client, last)).rejects.toThrow(name);
    expect(await groupAgain()).toContain(name);
    expect(await scanAgain({ mode: "full" })).toMatchObject({ state: "completed", quarantinedTasks: 0 });
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });

  it.each([
    ["all edges of a task", "delete from compare_result where job_id = $1 and task = 0", "all edges of task 0"],
    ["a part of them", "update compare_result set part = 1 where job_id = $1 and task = 0", "part 0 of task 0"],
    [
      "bytes of them",
      "update compare_result set edges = '' where job_id = $1 and task = (select min(task) from compare_result where job_id = $1 and edges <> '')",
      "the edges of part 0",
    ],
  ])("stops the grouping without %s, and goes on when they are back from the log", async (_, sql, name) => {
    await change(sql, last);
    expect(await groupAgain()).toContain(name);
    await requestEndpoint(bus, "coordinator.replay", { job: last, apply: true });
    expect(await groupAgain()).toBeNull();
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });

  it("stops the grouping with a block that is cut short", async () => {
    await change(
      "update hash_block set hashes = substring(hashes for 100) where catalog_id = $1 and block = 0",
      library,
    );
    expect(await groupAgain()).toContain(`part of the hashes of block 0 of catalog ${library}`);
    expect(await scanAgain({ mode: "full" })).toMatchObject({ state: "completed" });
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });

  it("hashes a block again in mode full whose evidence is lost, to the same bytes", async () => {
    const evidence = async (): Promise<unknown[]> =>
      (
        await change(
          "select block, evidence_digest, part, md5(evidence) from block_evidence where catalog_id = $1 order by block, part",
          library,
        )
      ).rows;
    const before = await evidence();
    expect(before.length).toBe(4);
    await change("delete from block_evidence where catalog_id = $1 and block = 1", library);
    await change(
      "update block_evidence set evidence = substring(evidence for 99) where catalog_id = $1 and block = 2",
      library,
    );
    expect(await scanAgain({ mode: "full" })).toMatchObject({ state: "completed", completedImages: 40 });
    expect(await evidence()).toEqual(before);
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });

  it("stops the grouping without an image, which a job of mode full finds again under its ordinal", async () => {
    const { rows } = await change(
      "select keeper from image_group join finalization using (lineage) where job_id = $1 order by keeper limit 1",
      last,
    );
    const { keeper } = rows[0];
    await change("delete from image where catalog_id = $1 and ordinal = $2", library, keeper);
    await expect(groupsOf(system.client, last)).rejects.toThrow("1 of the");
    expect(await groupAgain()).toContain(`image ${keeper} of catalog ${library}`);
    expect(await scanAgain({ mode: "full" })).toMatchObject({ state: "completed" });
    expect(await groupsOf(system.client, last)).toEqual(expected);
    const after = await change(
      "select keeper from image_group join finalization using (lineage) where job_id = $1",
      last,
    );
    expect(after.rows.map((row) => row.keeper)).toContain(keeper);
  });

  it("gives no new image the ordinal of a lost one", async () => {
    await change(
      "delete from image where catalog_id = $1 and ordinal / 10 = (select max(ordinal) / 10 from image where catalog_id = $1)",
      library,
    );
    expect(await scanAgain({})).toMatchObject({ state: "completed" });
    expect(await groupsOf(system.client, last)).toEqual(expected);
  });
});

describe("what is stored of a job", () => {
  let checked: string;
  let card: string;
  /** A row of each table that says something about the job, as a condition; the walk alters one column at a time. */
  const rowOf = (): readonly (readonly [table: string, condition: string])[] => [
    ["job", `id = '${checked}'`],
    ["catalog", `id = '${card}'`],
    ["image", `catalog_id = '${card}' and ordinal = 1`],
    ["hash_block", `catalog_id = '${card}' and block = 0`],
    ["block_evidence", `catalog_id = '${card}' and block = 0 and part = 0`],
    ["compare_result", `job_id = '${checked}' and task = 0`],
    ["verify_result", `job_id = '${checked}' and task = 0`],
    ["finalization", `job_id = '${checked}'`],
    ["image_group", `lineage = ${LINEAGE} and number = 1`],
    [
      "group_member",
      `lineage = ${LINEAGE} and number = 1 and ordinal = (select min(ordinal) from group_member where lineage = ${LINEAGE} and number = 1)`,
    ],
    [
      "reference_match",
      `job_id = '${checked}' and ordinal = (select min(ordinal) from reference_match where job_id = '${checked}')`,
    ],
  ];
  const LINEAGE = "(select lineage from finalization where job_id = (select id from checked_job))";

  /** Columns that no result depends on, each with the reason. */
  const UNCHECKED: Readonly<Record<string, string>> = {
    "job.accepted_at": "when it was requested",
    "job.updated_at": "when something happened to it last",
    "job.finished_at": "when it was over",
    "job.rate": "for people: how fast it was",
    "job.rate_at": "for people: how fast it was",
    "job.shown_images": "for people: images of unfinished blocks",
    "job.paused": "changed by its owner at any time; over, it has no effect",
    "job.command_number": "the order of its owner's commands",
    "job.failure": "a text for people",
    "job.missing_images": "a number for people",
    "job.traceparent": "for traces",
    "catalog.name": "its owner's",
    "catalog.features": "for the next scan",
    "catalog.verification": "for the next scan",
    "catalog.block_revision": "for caches",
    "catalog.listing_mark": "for the next scan",
    "catalog.mounts": "for the next scan",
    "catalog.created_at": "when it was created",
    "finalization.at": "when it was stored",
  };

  const alteredBy = (name: string, type: string): string => {
    switch (type) {
      case "smallint":
        return `coalesce("${name}", 0) + 1`;
      case "text":
        return `coalesce("${name}", '') || 'x'`;
      case "bytea":
        return `coalesce("${name}", '') || '\\x01'::bytea`;
      case "boolean":
        return `not "${name}"`;
      case "jsonb":
        return `case when jsonb_typeof("${name}") = 'array' then "${name}" || '[null]'
          when "${name}" is null then '{"reason": "x", "detail": "x", "total": 1}' else '{}' end`;
      case "timestamp with time zone":
        return `coalesce("${name}", now()) - interval '1 day'`;
      default:
        return `coalesce("${name}", 0) + 100000`;
    }
  };

  /** What verify says about the job while a statement is in effect that changes this table. */
  const verifiedWith = async (table: string, statement: string): Promise<{ ok: boolean; problems: string[] }> => {
    await store.pool.query(`create table saved as select * from ${table}; ${statement}`);
    const { code, body } = await requestEndpoint(bus, "coordinator.verify", { job: checked });
    await store.pool.query(`delete from ${table}; insert into ${table} select * from saved; drop table saved`);
    return code === 200
      ? { ok: body["ok"] === true, problems: body["problems"] as string[] }
      : { ok: false, problems: [JSON.stringify(body)] };
  };

  beforeAll(async () => {
    const folder = system.path("card");
    await makePhotographs(folder, 30, 160);
    const done = await system.run(
      directorySource(folder),
      { blockSize: 10, pairsPerTask: 4, reference: catalog, verification: true },
      "card",
    );
    [checked, card] = [done.id, done.catalog];
    await store.pool.query(`create table checked_job as select '${checked}' as id`);
    const { rows } = await store.pool.query("select from reference_match where job_id = $1", [checked]);
    expect(rows.length).toBeGreaterThan(0);
  });

  it("is checked in each column of each table, or not for a reason", async () => {
    expect(await verifiedWith("job", "select 1")).toMatchObject({ ok: true, problems: [] });
    const wrong: string[] = [];
    for (const [table, condition] of rowOf()) {
      const { rows } = await store.pool.query<{ column: string; type: string }>(
        "select column_name as column, data_type as type from information_schema.columns where table_schema = 'public' and table_name = $1",
        [table],
      );
      for (const { column, type } of rows) {
        const { ok, problems } = await verifiedWith(
          table,
          `update ${table} set "${column}" = ${alteredBy(column, type)} where ${condition}`,
        );
        const name = `${table}.${column}`;
        if (ok !== name in UNCHECKED) wrong.push(`${name}: ${ok ? "not checked" : problems[0]}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [
      "an image that is deleted",
      "delete from image where catalog_id = (select catalog_id from job where id = $) and ordinal = 29",
      "images 20 to 29",
    ],
    [
      "an image that is added",
      "insert into image (catalog_id, ordinal, path, fingerprint, listed_in) select catalog_id, 25000, 'x', 'x', id from job where id = $",
      "rows from image 30 on",
    ],
    [
      "a group that is deleted",
      "delete from image_group where lineage = (select lineage from finalization where job_id = $) and number = 2",
      "groups: ",
    ],
    [
      "a member that is deleted",
      "delete from group_member where lineage = (select lineage from finalization where job_id = $) and number = 2 and ordinal = (select max(ordinal) from group_member m join finalization f using (lineage) where f.job_id = $ and m.number = 2)",
      "group 2",
    ],
    [
      "a match that is deleted",
      "delete from reference_match where job_id = $ and ordinal = (select min(ordinal) from reference_match where job_id = $)",
      "matches: ",
    ],
    [
      "edges that are emptied, with their digests",
      "update compare_result set edges = '', edge_count = 0, digest = encode(sha256(''), 'hex'), result_digest = encode(sha256(''), 'hex') where job_id = $",
      "edges: ",
    ],
    [
      "edges that are added",
      "insert into compare_result (job_id, task, part, edges, edge_count, digest, result_digest) select job_id, 99, 0, edges, edge_count, digest, result_digest from compare_result where job_id = $ and task = 0",
      "task 99",
    ],
  ])("is not as it was with %s", async (_, statement, named) => {
    const [, table = ""] = /^(?:delete from|insert into|update) (\w+)/.exec(statement) ?? [];
    const { ok, problems } = await verifiedWith(table, statement.replaceAll("$", `'${checked}'`));
    expect([ok, problems.join("; ")]).toEqual([false, expect.stringContaining(named)]);
  });

  it("is computed again by a comparer, which finds what was changed together with its digests", async () => {
    const recompute = async (tasks = "all") =>
      (await requestEndpoint(bus, "comparer.verify", { job: checked, tasks })).body;
    expect(await recompute()).toMatchObject({ ok: true, problems: [], checked: { groups: expect.any(Number) } });
    await store.pool.query(
      `update compare_result set edges = '', edge_count = 0, digest = encode(sha256(''), 'hex'), result_digest = encode(sha256(''), 'hex')
       where job_id = '${checked}' and edges <> ''`,
    );
    const none = encodeVerifiedPairs([]);
    await store.pool.query(
      "update verify_result set results = $2, digest = $3, result_digest = $4 where job_id = $1 and part = 0",
      [checked, none, partDigest(none), resultDigest([partDigest(none)])],
    );
    const { problems } = await recompute();
    expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(/^task \d+: its blocks have other edges/)]));
    expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(/^group \d+: does not follow/)]));
    const replayed = await requestEndpoint(bus, "coordinator.replay", { job: checked, apply: true });
    expect(replayed.body).toMatchObject({ applied: true });
    expect(await recompute()).toMatchObject({ ok: true });

    await store.pool.query(
      `update group_member set distance = distance + 1 where lineage = (select lineage from finalization where job_id = '${checked}') and number = 1`,
    );
    expect(await recompute("sample")).toMatchObject({
      ok: false,
      problems: expect.arrayContaining(["group 1: does not follow from hashes and edges"]),
    });
    expect((await requestEndpoint(bus, "coordinator.replay", { job: checked })).body).toMatchObject({
      equal: false,
      result: { problems: expect.arrayContaining(["group 1: not as it was stored"]) },
    });
    await requestEndpoint(bus, "coordinator.rerun-finalize", { job: checked });
    await until(async () => (await system.client.readJob(checked)).run === 2);
    await finished(system.client, checked);
    expect((await requestEndpoint(bus, "coordinator.verify", { job: checked })).body).toMatchObject({ ok: true });
    expect((await requestEndpoint(bus, "coordinator.replay", { job: checked })).body).toMatchObject({ equal: true });
  });
});

describe("an instance that is drained", () => {
  it("takes no more work and still answers, and works again on request", async () => {
    const { instance } = (await requestEndpoint(bus, "comparer.status")).body;
    expect((await requestEndpoint(bus, "comparer.drain", { instance })).body).toEqual({ instance, state: "drained" });
    const { id } = await system.client.startJob(catalog, { mode: "full" } as object);
    await until(async () => (await system.client.readJob(id)).phase === "comparing");
    expect((await requestEndpoint(bus, "comparer.status")).body).toMatchObject({
      work: { compare: { concurrency: 0, busy: 0 } },
    });
    expect(
      (await requestEndpoint(bus, "comparer.concurrency", { instance, kind: "pixels", concurrency: 1 })).code,
    ).toBe(404);
    for (const kind of ["compare", "finalize"])
      await requestEndpoint(bus, "comparer.concurrency", { instance, kind, concurrency: 2 });
    expect(await finished(system.client, id)).toMatchObject({ state: "completed" });
  });
});

interface MicroInfo {
  readonly name: string;
  readonly endpoints: { readonly name: string; readonly average_processing_time: number }[];
}

const microRequest = async (verb: string, service: string): Promise<MicroInfo[]> => [
  (await bus.connection.request(`$SRV.${verb}.lookalike-${service}`)).json<MicroInfo>(),
];
const servicesNamed = (service: string) => microRequest("INFO", service);
const statsOf = async (service: string, endpoint: string) => {
  const [stats] = await microRequest("STATS", service);
  const found = stats?.endpoints.find(({ name }) => name === endpoint);
  if (found === undefined) throw new Error(`${service} has no endpoint ${endpoint}`);
  return found;
};
