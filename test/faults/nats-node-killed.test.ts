import { join } from "node:path";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupsOf } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { areInstalled } from "../support/installed.ts";
import { type Cluster, localPlaces, startCluster } from "../support/nats-cluster.ts";
import { connectTo, startServers } from "../support/servers.ts";
import { killService, startServiceOn } from "../support/service.ts";
import { shortenWaits, TOPOLOGY_OF_OTHERS } from "../support/short-waits.ts";
import { finished, type System, startSystemOn } from "../support/system.ts";

const hasOpenssl = areInstalled(["openssl"], "apt-get install openssl");
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: Cluster;
let system: System;

beforeAll(async () => {
  if (!hasOpenssl) return;
  folder = await temporaryFolder();
  const certificate = join(folder.path, "server.pem");
  const key = await createCertificate(certificate, 2);
  const servers = await startServers();
  await servers.postgres.migrate();
  const { users } = servers.nats;
  const administrator = servers.environment["NATS_NKEY"] ?? "";
  cluster = await startCluster({
    folder: folder.path,
    places: await localPlaces(3),
    users,
    administrator,
    tls: { certificate, key },
  });
  const onCluster = { NATS_URL: cluster.urls, NATS_CA: certificate, LOOKALIKE_STREAM_REPLICAS: "3" };
  // The coordinator creates the streams, with their replicas; then their waits are shortened.
  await killService(await startServiceOn(servers, "coordinator", onCluster));
  const { bus, close } = await connectTo({ ...servers.environment, ...onCluster });
  await shortenWaits(bus);
  await close();
  system = await startSystemOn(servers, { ...onCluster, ...TOPOLOGY_OF_OTHERS });
});
afterAll(async () => {
  await system?.stop();
  await cluster?.stop();
  await folder?.remove();
});

it.skipIf(!hasOpenssl)("a job goes on over three servers with TLS, whichever of them is killed", async () => {
  const file = join(folder.path, "hashes.ndjson");
  await writeHashes(file, { images: 3_000, bits: 256, seed: 7, copiesPerThousand: 50 });
  const options = JobOptions.parse({ blockSize: 50, pairsPerTask: 5, kernel: "exhaustive" });
  const source = { kind: "hashes", file } as const;
  const quiet = await system.run(source, options, "quiet");

  const catalog = await system.client.openCatalog("killed", source);
  const { id } = await system.client.startJob(catalog, options);
  for (const node of [0, 1, 2]) {
    const before = (await system.client.readJob(id)).completedTasks;
    await cluster.kill(node);
    cluster.start(node);
    for (let at = 0; at < 100 && (await system.client.readJob(id)).completedTasks === before; at += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await finished(system.client, id)).toMatchObject({ state: "completed", quarantinedTasks: 0 });
  expect(await groupsOf(system.client, id)).toEqual(await groupsOf(system.client, quiet.id));
  const { bus, close } = await connectTo({
    ...system.servers.environment,
    NATS_URL: cluster.urls,
    NATS_CA: join(folder.path, "server.pem"),
  });
  for (const name of Object.values(STREAMS)) {
    const { config, cluster: peers } = await bus.jsm.streams.info(name);
    expect([name, config.num_replicas, peers?.replicas?.length]).toEqual([name, 3, 2]);
  }
  await close();
});
