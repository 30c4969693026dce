import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@lookalike/cli/client";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { SERVICE_NAMES } from "@lookalike/shared/runtime/config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { areInstalled, isRoot } from "../../support/installed.ts";
import { finished } from "../../support/system.ts";
import { until } from "../../support/until.ts";
import { type Daemon, docker, hasCompose, startDaemon, startWorld } from "./docker.ts";
import { createImage, createImages } from "./images.ts";
import { createInstallation } from "./installation.ts";

const hasTools =
  areInstalled(["docker", "dockerd", "debootstrap", "ip"], "apt-get install docker.io debootstrap iproute2") &&
  isRoot("the compose file in containers");
if (hasTools && !hasCompose()) throw new Error("docker compose of version 2 or later is missing");

/** The secrets of each container, and of no other. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  api: ["database-url-api", "first-key", "nats-api.nk", "nats-ca.pem", "postgres-ca.pem", "sealing-key"],
  coordinator: ["database-url-coordinator", "nats-ca.pem", "nats-coordinator.nk", "postgres-ca.pem"],
  hasher: ["database-url-hasher", "nats-ca.pem", "nats-hasher.nk", "postgres-ca.pem"],
  comparer: ["database-url-comparer", "nats-ca.pem", "nats-comparer.nk", "postgres-ca.pem"],
  "nats-1": ["nats-ca.pem", "nats-server.key", "nats-server.pem"],
  postgres: ["postgres-administrator", "postgres-server.key", "postgres-server.pem"],
};
const GIB = 2 ** 30;
const Values = z.object({
  services: z.record(
    z.enum(SERVICE_NAMES),
    z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
  ),
});
const Inspected = z.tuple([
  z.object({
    State: z.object({ Pid: z.number() }),
    HostConfig: z.object({ Memory: z.number(), PidsLimit: z.number() }),
  }),
]);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let daemon: Daemon;
let installation: Awaited<ReturnType<typeof createInstallation>>;
let apiAddress: string;
let client: ReturnType<typeof createClient>;
let catalog: string;

const up = async (): Promise<void> => {
  await installation.up();
  apiAddress = await installation.address("api");
};
const groupsOf = async (job: string) => {
  const groups = [];
  for await (const group of client.groups(job)) groups.push(group);
  return groups;
};
const runJob = async () => finished(client, (await client.startJob(catalog, {})).id);
/** Starts a job that decodes every picture: a catalog of its own, since no job decodes again what it knows. */
const startDecoding = async (name: string): Promise<string> => {
  const own = await client.openCatalog(name, directorySource("/pictures/family"));
  return (await client.startJob(own, {})).id;
};

beforeAll(async () => {
  if (!hasTools) return;
  folder = await temporaryFolder();
  daemon = await startDaemon(join(folder.path, "docker"));
  const images = await createImages(join(folder.path, "images"));
  await createImage(images.get("NODE_IMAGE") ?? "none");
  installation = await createInstallation(folder.path, images);
  await up();
  client = createClient(() => apiAddress, installation.firstKey);
});
afterAll(async () => {
  await installation?.remove();
  await daemon?.stop();
  await folder?.remove();
});

describe.skipIf(!hasTools)("the compose file, in containers", () => {
  it("finds the groups of a folder of another user, shows its pictures and archives there", async () => {
    catalog = await client.openCatalog("family", directorySource("/pictures/family"));
    const job = await runJob();
    expect(job).toMatchObject({ state: "completed", completedImages: 200, failedImages: 0, quarantinedTasks: 0 });
    const [group] = await groupsOf(job.id);
    if (group === undefined) throw new Error("no group");
    const params = { path: { catalog, ordinal: group.keeper } };
    const thumbnail = await client.api.GET("/v1/catalogs/{catalog}/images/{ordinal}/thumbnail", {
      params,
      parseAs: "blob",
    });
    expect(thumbnail.response.headers.get("content-type")).toBe("image/webp");
    expect(Number(await installation.inside("api", "find /thumbnails -name '*.webp' | wc -l"))).toBeGreaterThan(0);

    await client.api.POST("/v1/jobs/{job}/groups/{number}/decisions", {
      params: { path: { job: job.id, number: group.number } },
      body: { verdict: "keep", keep: [group.keeper] },
    });
    const started = await client.api.POST("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } });
    const archive = started.data?.id ?? "none";
    const read = () => client.api.GET("/v1/archives/{archive}", { params: { path: { archive } } });
    await until(async () => (await read()).data?.state === "archived");
    expect((await read()).data?.movedFiles).toBe(group.size - 1);
    const left = (await readdir(join(installation.pictures, "family"))).filter((name) => /\.(jpg|webp)$/.test(name));
    expect(left.length).toBe(200 - (group.size - 1));
  });

  it("gives each container its own secrets alone", async () => {
    for (const [service, names] of Object.entries(SECRETS))
      expect([service, (await installation.inside(service, "ls /run/secrets")).split("\n")]).toEqual([service, names]);
  });

  it("runs nothing as root or with a capability, writes to no file system of an image, and has limits", async () => {
    const values = parse(await readFile(join(ROOT, "deploy/helm/lookalike/values.yaml"), "utf8"));
    const { services } = Values.parse(values);
    const running = (await installation.containers()).filter(({ State }) => State === "running");
    for (const { ID, Service } of running) {
      const [{ State, HostConfig }] = Inspected.parse(JSON.parse(await docker("inspect", ID)));
      const processes = (await docker("top", ID, "-eo", "pid")).split("\n").slice(1).map(Number);
      expect([Service, processes.length > 0 && processes.includes(State.Pid)]).toEqual([Service, true]);
      for (const pid of processes) {
        // A process may have ended meanwhile.
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => null);
        if (status === null) continue;
        expect([Service, status]).toEqual([Service, expect.not.stringMatching(/^[UG]id:.*\t0\b/m)]);
        expect([Service, status]).toEqual([Service, expect.not.stringMatching(/^Cap(Prm|Eff|Bnd):\t0*[1-9a-f]/m)]);
        expect([Service, status]).toEqual([Service, expect.stringMatching(/^NoNewPrivs:\t1$/m)]);
      }
      expect([Service, await installation.inside(Service, "touch /file /etc/file")]).toEqual([
        Service,
        expect.stringMatching(/'\/file': Read-only .*\n.*'\/etc\/file': Read-only /),
      ]);
      expect([Service, HostConfig.Memory > 0, HostConfig.PidsLimit > 0]).toEqual([Service, true, true]);
      const limit = SERVICE_NAMES.find((name) => name === Service);
      if (limit !== undefined)
        expect([Service, `${HostConfig.Memory / GIB}Gi`]).toEqual([Service, services[limit].resources.limits.memory]);
    }
  });

  it("decodes pictures in processes with limits", async () => {
    const hasher = await installation.run("ps", "--quiet", "hasher");
    const findDecoders = async () => {
      const processes = (await docker("top", hasher, "-eo", "pid,args")).split("\n").slice(1);
      return processes.filter((line) => line.includes("decode-child.js")).map((line) => Number.parseInt(line, 10));
    };
    // They end when there is nothing to decode for a while.
    const id = await startDecoding("for decoders");
    await until(async () => (await findDecoders()).length > 0);
    const decoders = await findDecoders();
    await finished(client, id);
    for (const pid of decoders) {
      const limits = await readFile(`/proc/${pid}/limits`, "utf8");
      expect(limits).toMatch(/^Max data size +2147483648 +2147483648/m);
      expect(limits).toMatch(/^Max file size +0 +0/m);
    }
  });

  it("speaks TLS alone: a client without it is refused, and a server without a certificate, too", async () => {
    const program = await readFile(join(import.meta.dirname, "probes/speak-plain.mjs"), "utf8");
    const { nats, route, postgres } = JSON.parse(await installation.probe("hasher", program));
    expect(nats).toMatchObject({ isClosed: true, text: expect.not.stringContaining("PONG") });
    expect(nats.text).toMatch(/"tls_required":true/);
    expect(route).toEqual({ isClosed: true, text: expect.not.stringMatching(/INFO|PONG/) });
    expect(postgres.text).toMatch(/no pg_hba.conf entry .* no encryption/);
  });

  it("lets the API alone reach what is outside", async () => {
    const world = startWorld();
    try {
      const program = `
        const signal = AbortSignal.timeout(5_000);
        console.log(await fetch("http://${world.address}", { signal }).then((answer) => answer.text(), () => "nothing"));`;
      await until(async () => (await installation.probe("api", program)) === "world");
      for (const service of ["coordinator", "hasher", "comparer"])
        expect([service, await installation.probe(service, program)]).toEqual([service, "nothing"]);
    } finally {
      await world.stop();
    }
  });

  it("is observed by Prometheus, and the exporter of PostgreSQL uses a role of its own", async () => {
    if ((await installation.containers()).every(({ Service }) => Service !== "prometheus")) return;
    const address = await installation.address("prometheus");
    const Answer = z.object({
      data: z.object({
        result: z.array(
          z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
        ),
      }),
    });
    const query = async (expression: string) =>
      Answer.parse(await (await fetch(`${address}/api/v1/query?query=${encodeURIComponent(expression)}`)).json()).data
        .result;
    await until(async () => (await query('up{job="lookalike"} == 1')).length === SERVICE_NAMES.length);
    await until(async () => (await query("pg_up == 1")).length === 1);
  });

  it("lets only the API write to the pictures", async () => {
    for (const service of ["hasher", "comparer"])
      expect(await installation.inside(service, "touch /pictures/family/x")).toContain("Read-only file system");
    expect((await stat(installation.pictures)).uid).toBe(1_234);
  });

  it("goes on by itself after a container of each kind was killed", async () => {
    const id = await startDecoding("for what is killed");
    for (const service of ["nats-2", "postgres", "hasher", "comparer", "coordinator", "api"]) {
      const container = await installation.run("ps", "--quiet", service);
      const [{ State }] = Inspected.parse(JSON.parse(await docker("inspect", container)));
      process.kill(State.Pid, "SIGKILL");
    }
    await installation.ready();
    apiAddress = await installation.address("api");
    const job = await finished(client, id);
    expect(job).toMatchObject({ state: "completed", failedImages: 0, quarantinedTasks: 0 });
  });

  it("has everything after down and up", async () => {
    const jobs = await client.newestJobs(catalog);
    const groups = await groupsOf(jobs[0]?.id ?? "none");
    expect(groups.length).toBeGreaterThan(0);
    await installation.run("down");
    expect(await installation.containers()).toEqual([]);
    await up();
    expect(await client.newestJobs(catalog)).toEqual(jobs);
    expect(await groupsOf(jobs[0]?.id ?? "none")).toEqual(groups);
    expect(await runJob()).toMatchObject({ state: "completed", failedImages: 0 });
  });
});
