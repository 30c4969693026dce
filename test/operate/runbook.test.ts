import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { publish } from "@lookalike/shared/bus/publish";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { ROOT } from "../support/folders.ts";
import { areInstalled } from "../support/installed.ts";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo } from "../support/servers.ts";
import { type System, startSystem } from "../support/system.ts";
import { THOROUGH } from "../support/thorough.ts";
import { toolFolder } from "../support/tools.ts";
import { until } from "../support/until.ts";

/** The runbook's blocks marked sh, in order, each with the heading above it. */
const blocksOf = (markdown: string): { heading: string; script: string }[] => {
  const blocks: { heading: string; script: string }[] = [];
  let heading = "";
  for (const [, title, script] of markdown.matchAll(/^#+ (.*)$|^```sh\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else blocks.push({ heading, script: script ?? "" });
  }
  return blocks;
};

/** The CLI waits two seconds for a connection, which has no option: on a machine that is busy for longer, it tries again. */
const RETRY_CONNECTING = `
nats() {
  local attempt code error
  for attempt in 1 2 3 4 5; do
    code=0
    { error=$(command nats "$@" 2>&1 1>&3 3>&-) || code=$?; } 3>&1
    [[ $error != *'i/o timeout'* ]] && break
  done
  printf '%s\\n' "$error" >&2
  return "$code"
}`;

const [cli, current] = [await toolFolder("nats"), await toolFolder("nats-server")];
const hasPrograms = cli !== null && areInstalled(["bash", "jq"], "apt-get install bash jq");
/** The folder of each nats-server; null: the one on the PATH. */
const SERVERS = { "the nats-server of Debian 12": null, "the current nats-server": current };
type ServerName = keyof typeof SERVERS;
/** The oldest that is supported, and in the thorough form every one. */
const NAMES = (Object.keys(SERVERS) as ServerName[]).slice(0, THOROUGH ? undefined : 1);

const searchPath = process.env["PATH"];
const systems = new Map<ServerName, System>();

beforeAll(async () => {
  if (!hasPrograms) return;
  // One after another, because a nats-server is found by the PATH of this process.
  for (const name of NAMES) {
    const folder = SERVERS[name];
    if (folder !== null) process.env["PATH"] = `${folder}:${searchPath}`;
    systems.set(name, await startSystem({ LOOKALIKE_MAX_ATTEMPTS: "1" }));
    process.env["PATH"] = searchPath;
  }
});
afterAll(async () => {
  await Promise.all([...systems.values()].map((system) => system.stop()));
});

// At the same time, because the runbook's commands wait more than they work.
describe.skipIf(!hasPrograms).concurrent("every command of docs/operations.md does what it says", () => {
  it.each(NAMES)("on %s", async (name) => {
    const system = systems.get(name);
    if (system === undefined) throw new Error(`no system on ${name}`);
    const { bus, close } = await connectTo(system.servers.environment);
    // A task that no version knows is the dead letter that the runbook looks at.
    await publish(bus, {
      eventId: "unknown-task",
      stream: STREAMS.tasks,
      subject: subjects.task("compare", "bulk", { tenant: "default", job: "of-tomorrow" }),
      body: { v: 99 },
    });
    const photographs = system.path("photographs");
    await makePhotographs(photographs, 24, 240);
    await system.run(directorySource(photographs), { blockSize: 8, pairsPerTask: 2 });
    await until(async () => (await bus.jsm.streams.info(STREAMS.deadLetters)).state.messages > 0);
    await close();

    const folder = system.path("operator");
    await mkdir(join(folder, "bin"), { recursive: true });
    await symlink(join(cli ?? "", "nats"), join(folder, "bin/nats"));
    const blocks = blocksOf(await readFile(join(ROOT, "docs/operations.md"), "utf8"));
    expect(blocks.length).toBeGreaterThan(20);
    const script = blocks
      .map(({ heading, script }) => `echo "### ${heading}"\necho "$SECONDS s: ${heading}" >&2\n${script}`)
      .join("\n");
    const { code, stdout, stderr } = await startCommand(
      ["bash", "-euo", "pipefail", "-c", `${RETRY_CONNECTING}\ncd '${folder}'\n${script}`],
      {
        NATS_URL: system.servers.environment["NATS_URL"] ?? "",
        NATS_NKEY: system.servers.nats.nkeyFile("operator"),
        HOME: folder,
        XDG_CONFIG_HOME: folder,
        PATH: `${join(folder, "bin")}:${searchPath}`,
      },
    ).ended;
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const section = (heading: string): string =>
      stdout.split(`### ${heading}\n`).slice(1).join("").split("### ")[0] ?? "";
    expect(section("Connect")).toContain("lookalike-comparer");
    expect(section("Look at a job's events")).toContain("pair-batch-done");
    expect(section("Dump one job")).toMatch(/1 job-accepted/);
    expect(section("Verify a job").trim()).toBe("true\ntrue\ntrue");
    expect(section("Replay into a shadow")).toMatch(/^true\n[\s\S]*"run": 2/);
    expect(section("Rewind the live projection")).toContain("From Sequence 1");
    expect(section("Dead letters")).toMatch(/"v": ?99/);
    expect(section("Change stream limits")).toMatch(/60d|Maximum Age: 2mo|Maximum Age: 60/);
    expect(section("Upgrade")).toContain('"state":"drained"');
    // The coordinator was drained: whoever keeps it running starts it again. And after all that it still works.
    process.kill(system.services.pid("coordinator"), "SIGTERM");
    const grown = system.path("more");
    await makePhotographs(grown, 12, 240);
    expect(await system.run(directorySource(grown), { blockSize: 8 })).toMatchObject({ state: "completed" });
  });
});
