import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDataFolder } from "@lookalike/local/data-folder";
import { type NatsServer, startNats } from "@lookalike/local/nats-server";
import type { PostgresServer } from "@lookalike/local/postgres";
import { coordinatorDurables, STREAMS } from "@lookalike/shared/bus/topology";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianPrograms, runProgram, startDebianPostgres } from "../support/debian-postgres.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupsOf } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { areInstalled } from "../support/installed.ts";
import { createAdministrator } from "../support/nats-server.ts";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo, type Servers, serversOf } from "../support/servers.ts";
import { finished, type System, startSystemOn } from "../support/system.ts";
import { until } from "../support/until.ts";

const hasPrograms = areInstalled([join(debianPrograms, "pg_dump")], "apt-get install postgresql");

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let administrator: Awaited<ReturnType<typeof createAdministrator>>;
const stops: (() => Promise<void>)[] = [];

const path = (name: string): string => join(folder.path, name);

const startEmptyNats = async (name: string): Promise<NatsServer> => {
  const nats = await startNats(await openDataFolder(path(name)), () => undefined, {
    administrators: [administrator.nkey],
  });
  stops.push(() => nats.stop());
  return nats;
};

const startEmptyPostgres = async (): Promise<PostgresServer> => {
  const postgres = await startDebianPostgres();
  stops.push(() => postgres.stop());
  return postgres;
};

const combine = async (name: string, postgres: PostgresServer, nats: NatsServer): Promise<Servers> => {
  await mkdir(path(name));
  return serversOf({ folder: path(name), administrator: administrator.file, postgres, nats });
};

const start = async (servers: Servers): Promise<System> => {
  const waits = { LOOKALIKE_LOST_AFTER_MS: "2000", LOOKALIKE_RECONCILE_INTERVAL_MS: "500" };
  const system = await startSystemOn(servers, waits);
  stops.push(() => system.services.stop());
  return system;
};

beforeAll(async () => {
  folder = await temporaryFolder();
  administrator = await createAdministrator(folder.path);
  await makePhotographs(path("pictures"), 10, 160);
  await writeHashes(path("hashes.ndjson"), { images: 3_000, bits: 128, seed: 10, copiesPerThousand: 70 });
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
  await folder.remove();
});

/** The parts of evidence that a database has. */
const storedEvidence = async (servers: Servers): Promise<unknown[]> => {
  const { store, close } = await connectTo(servers.environment);
  const { rows } = await store.pool.query(
    "select catalog_id, block, evidence_digest, part, md5(evidence) from block_evidence order by 1, 2, 4",
  );
  await close();
  return rows;
};

const OPTIONS = JobOptions.parse({ blockSize: 50, pairsPerTask: 10, batchSize: 10 });

describe.skipIf(!hasPrograms)("a backup by pg_dump, taken while a job runs", () => {
  it("goes on in a new database beside an empty NATS; and the log alone gives the tables back", async () => {
    const [postgres, nats] = [await startEmptyPostgres(), await startEmptyNats("first-nats")];
    const firstServers = await combine("first", postgres, nats);
    const first = await start(firstServers);
    const pictures = await first.client.openCatalog("pictures", directorySource(path("pictures")));
    await finished(first.client, (await first.client.startJob(pictures, { blockSize: 5 })).id);
    const evidence = await storedEvidence(firstServers);
    expect(evidence.length).toBe(2);
    const source = { kind: "hashes", file: path("hashes.ndjson") } as const;
    const catalog = await first.client.openCatalog("catalog", source);
    const before = (await first.client.startJob(catalog, OPTIONS)).id;
    await finished(first.client, before);
    const groups = await groupsOf(first.client, before);
    expect(groups.length).toBeGreaterThan(50);

    const { id } = await first.client.startJob(catalog, { ...OPTIONS, mode: "full" } as object);
    await until(async () => (await first.client.readJob(id)).completedTasks > 20);
    await runProgram("pg_dump", "--format=custom", `--file=${path("lookalike.dump")}`, postgres.url);
    await finished(first.client, id);
    expect(await groupsOf(first.client, id)).toEqual(groups);
    await first.services.stop();

    const restored = await startEmptyPostgres();
    await runProgram("pg_restore", "--exit-on-error", `--dbname=${restored.url}`, path("lookalike.dump"));
    const secondServers = await combine("second", restored, await startEmptyNats("second-nats"));
    const second = await start(secondServers);
    expect(await storedEvidence(secondServers)).toEqual(evidence);
    expect(await groupsOf(second.client, before)).toEqual(groups);
    expect(await finished(second.client, id)).toMatchObject({ state: "completed", quarantinedTasks: 0 });
    expect(await groupsOf(second.client, id)).toEqual(groups);
    await second.services.stop();

    const withEmptyPostgres = await combine("third", await startEmptyPostgres(), nats);
    const { bus, close } = await connectTo(withEmptyPostgres.environment);
    // As the runbook rewinds the projection: the coordinators create the consumers again, from the first event on.
    for (const durable of coordinatorDurables) await bus.jsm.consumers.delete(STREAMS.events, durable);
    const third = await start(withEmptyPostgres);
    // The log has that jobs were grouped, and not their groups: each begins its next run by itself.
    for (const job of [before, id]) {
      await until(async () => (await third.client.readJob(job).catch(() => null))?.state === "completed");
      expect(await groupsOf(third.client, job)).toEqual(groups);
    }
    expect(await storedEvidence(withEmptyPostgres)).toEqual(evidence);
    await close();
  });
});
