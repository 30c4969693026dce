import { cp, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { decodeEvent, type JobEvent } from "@lookalike/shared/domain/job/events";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, expect, it } from "vitest";
import { groupImages } from "../../services/comparer/src/finalize/group-images.ts";
import { applyEvents } from "../../services/coordinator/src/apply-events.ts";
import { storedGroups } from "../support/groups.ts";
import { messagesOf } from "../support/messages.ts";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo } from "../support/servers.ts";
import { type System, startSystem } from "../support/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/** Every event of the log, in its order. */
const readLog = async (): Promise<JobEvent[]> => {
  const { bus, close } = await connectTo(system.servers.environment);
  const events: JobEvent[] = [];
  for await (const message of messagesOf(bus, STREAMS.events)) {
    const event = decodeEvent(message.json());
    if (event === null) throw new Error(`unreadable event ${message.seq}`);
    events.push(event);
  }
  await close();
  return events;
};

/** What a table holds, without what only the way there decides: when, how fast. */
const ROWS = {
  catalog: "select to_jsonb(t) - 'created_at' as row from catalog t order by id",
  job: `select to_jsonb(t) - array['updated_at', 'rate', 'rate_at', 'hash_published', 'compare_published', 'verify_published', 'accepted_at', 'finished_at', 'shown_images'] as row from job t order by id`,
  image: "select to_jsonb(t) as row from image t order by catalog_id, ordinal",
  hash_block: "select to_jsonb(t) as row from hash_block t order by catalog_id, block",
  block_evidence:
    "select to_jsonb(t) - 'evidence' || jsonb_build_object('md5', md5(evidence)) as row from block_evidence t order by catalog_id, block, part",
  compare_result: "select to_jsonb(t) as row from compare_result t order by job_id, task, part",
  verify_result: "select to_jsonb(t) as row from verify_result t where is_recorded order by job_id, task, part",
};

const rowsOf = async ({ pool }: Store, query: string): Promise<unknown[]> =>
  (await pool.query(query)).rows.map(({ row }) => row);

it("rebuilds every table of finished jobs from the log alone, however it is batched, and groups them the same", async () => {
  const folder = system.path("photographs");
  await makePhotographs(folder, 60, 240);
  await writeFile(join(folder, "broken.jpg"), "no picture");
  const source = directorySource(folder);
  await system.run(source, { blockSize: 10, pairsPerTask: 4, verification: true });
  const place = (name: string): string => join(folder, name);
  // Renamed with another file in its place, exchanged, touched, away and back under another name.
  await rename(place("000002-1.jpg"), place("a renamed.jpg"));
  await rename(place("000003-1.jpg"), place("z renamed.jpg"));
  await cp(place("000000-3.jpg"), place("000003-1.jpg"));
  await rename(place("000004-0.jpg"), place("other"));
  await rename(place("000004-1.jpg"), place("000004-0.jpg"));
  await rename(place("other"), place("000004-1.jpg"));
  await utimes(place("000005-1.jpg"), 1_600_000_000, 1_600_000_000);
  await rename(place("000006-1.jpg"), place("away"));
  await system.run(source, { blockSize: 10, pairsPerTask: 4, verification: true });
  await rename(place("away"), place("back.jpg"));
  await cp(place("000000-0.jpg"), place("000001-1.jpg"));
  const job = await system.run(source, { blockSize: 10, pairsPerTask: 4, verification: true });
  expect(job).toMatchObject({ state: "completed", failedImages: 1 });

  const events = await readLog();
  const { store: live, close } = await connectTo(system.servers.environment);
  const replays = {
    "event by event": { order: events, batch: 1 },
    "every event twice, in batches": { order: events.flatMap((event) => [event, event]), batch: 7 },
    "all in one batch": { order: events, batch: events.length },
  };
  for (const [name, { order, batch }] of Object.entries(replays)) {
    const database = `shadow_${name.replaceAll(/\W+/g, "_")}`;
    await live.pool.query(`create database ${database}`);
    const url = system.servers.environment["DATABASE_URL"]?.replace(/\/lookalike$/, `/${database}`) ?? "";
    await applyMigrations(url);
    const shadow = await openStore(url, "shadow", 2);
    for (let at = 0; at < order.length; at += batch) {
      const { refused } = await applyEvents(shadow.db, order.slice(at, at + batch));
      expect(refused).toEqual([]);
    }
    for (const [table, query] of Object.entries(ROWS)) {
      const expected = await rowsOf(live, query);
      expect(expected.length, table).toBeGreaterThan(0);
      expect([name, table, await rowsOf(shadow, query)]).toEqual([name, table, expected]);
    }
    const row = await findJob(shadow.db, job.id);
    if (row === null) throw new Error("the job is not in the shadow");
    // The shadow makes every group; the live system took over those of the first job that had not changed.
    const { groups } = await groupImages(shadow.db, row, false);
    expect(groups.length).toBeGreaterThan(5);
    expect(groups).toEqual(await storedGroups(live, job.id));
    await shadow.close();
  }
  await close();
});
