import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ALERTS } from "@lookalike/deploy/alerts";
import { DASHBOARDS } from "@lookalike/deploy/dashboards";
import { generatedFiles } from "@lookalike/deploy/files";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { startCommand } from "../support/command.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Observed, startObserved } from "../support/observed.ts";
import { makePhotographs } from "../support/photographs.ts";
import { hasPrometheus } from "../support/prometheus.ts";
import { requestEndpoint } from "../support/request.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
import { PATIENCE_SECONDS } from "../support/until.ts";

const RULES = join(ROOT, "deploy/prometheus/rules.yml");
const systemIt = it.skipIf(!hasPrometheus);
let observed: Observed;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  if (!hasPrometheus) return;
  folder = await temporaryFolder();
  const certificate = join(folder.path, "server.pem");
  await createCertificate(certificate, 90);
  observed = await startObserved([RULES], { LOOKALIKE_CERTIFICATES: certificate });
});
afterAll(async () => {
  await observed?.stop();
  await folder?.remove();
});

/** As Grafana fills them in. */
const filledIn = (expr: string): string => expr.replaceAll("$__rate_interval", "10s");

describe("deploy/", () => {
  it.each(Object.entries(generatedFiles()))("%s is what the code gives", async (path, text) => {
    expect(await readFile(join(ROOT, "deploy", path), "utf8")).toBe(text);
  });

  it("has a section of the runbook for every alert and every panel", async () => {
    const runbook = await readFile(join(ROOT, "docs/operations.md"), "utf8");
    const sections = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    const linked = DASHBOARDS.flatMap(({ rows }) =>
      Object.values(rows)
        .flat()
        .map((panel) => panel.runbook),
    );
    for (const section of [...linked, ...ALERTS.map(({ name }) => name.toLowerCase())])
      expect(sections).toContain(section);
  });

  systemIt("has rules that promtool accepts", async () => {
    const { code, stdout, stderr } = await startCommand(["promtool", "check", "rules", RULES]).ended;
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining(`${ALERTS.length} rules found`)]);
  });

  systemIt("has a unit test of every alert that promtool runs: when it fires, and when not yet", async () => {
    const tests = join(ROOT, "deploy/prometheus/tests.yml");
    const { code, stdout, stderr } = await startCommand(["promtool", "test", "rules", tests]).ended;
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining("SUCCESS")]);
    const text = await readFile(tests, "utf8");
    for (const { name } of ALERTS) expect(text).toMatch(new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`));
  });
});

describe("while the system works", () => {
  systemIt("every panel of every dashboard has data, and every alert's metrics exist", async () => {
    const { system, prometheus } = observed;
    const photographs = system.path("photographs");
    await makePhotographs(photographs, 40, 240);
    // One of twelve: more would be an alert.
    for (const name of ["broken.jpg", "torn.jpg"]) await writeFile(join(photographs, name), "no picture");
    const expressions = new Map<string, string>();
    for (const { title, rows } of DASHBOARDS)
      for (const panel of Object.values(rows).flat())
        for (const [legend, expr] of Object.entries(panel.queries))
          expressions.set(`${title}/${panel.title}/${legend}`, filledIn(expr));
    for (const { name, expr } of ALERTS) {
      // It parses as written; while nothing is wrong it has no result.
      await prometheus.query(expr);
      for (const [metric] of expr.matchAll(/\b(?:lookalike|nats|pg|node|nodejs|process)_\w+/g))
        expressions.set(`${name}/${metric}`, `count(${metric})`);
    }
    const { bus, close } = await connectTo(system.servers.environment);
    const work = async (round: number): Promise<void> => {
      await system.run(directorySource(photographs), { blockSize: 4, pairsPerTask: 1 }, `round ${round}`);
      await requestEndpoint(bus, "coordinator.status");
      await fetch(`${system.address}/v1/catalogs`, { headers: WITH_KEY });
      await fetch(`${system.address}/v1/jobs/nothing`, { headers: WITH_KEY });
    };
    const missing = new Set(expressions.keys());
    let round = 0;
    let working = true;
    const busy = (async () => {
      for (; working; round += 1) await work(round);
    })();
    for (
      const deadline = Date.now() + PATIENCE_SECONDS * 1_000;
      missing.size > 0 && Date.now() < deadline;
      await sleep(500)
    )
      for (const name of missing)
        if ((await prometheus.query(expressions.get(name) ?? "")).length > 0) missing.delete(name);
    working = false;
    await busy;
    await close();
    expect([...missing]).toEqual([]);
    expect(await prometheus.firing()).toEqual([]);
  });

  systemIt("what the services measure follows Prometheus' rules for names", async () => {
    for (const service of ["coordinator", "hasher", "comparer", "api"] as const) {
      const metrics = await (await fetch(`${observed.system.services.metricsAddress(service)}/metrics`)).text();
      const ours = metrics
        .split("\n")
        .filter((line) => /^(# (HELP|TYPE) )?lookalike_/.test(line))
        .join("\n");
      const checked = startCommand(["bash", "-c", `promtool check metrics <<'END'\n${ours}\nEND`]);
      const { code, stdout, stderr } = await checked.ended;
      expect([service, code, stdout + stderr]).toEqual([service, 0, ""]);
      // Labels are bounded: no job, no tenant, no path.
      expect(ours).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}|tenant=|default"/);
    }
  });

  systemIt("says on /readyz which of its servers it has lost", async () => {
    const address = observed.system.services.metricsAddress("hasher");
    expect(await (await fetch(`${address}/readyz`)).json()).toEqual({ postgres: true, nats: true });
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect((await fetch(`${address}/nothing`)).status).toBe(404);
  });
});
