import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart } from "../support/quickstart.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  await quick.prepare();
  await makePhotographs(quick.path("pictures"), 21, 240);
  await writeFile(quick.path("hashes.ndjson"), "");
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

/** What `npm start` starts when it has found that all is built. */
const start = (args: readonly string[], more: Record<string, string> = {}) =>
  startCommand([process.execPath, "packages/cli/dist/main.js", "start", ...args], { ...quick.environment(), ...more });

describe("what can't work ends in one line that says what to do, and leaves nothing running", () => {
  const cases: [string, () => Promise<string[]> | string[], Record<string, string>, number, RegExp][] = [
    ["missing folder", () => [quick.path("nowhere")], {}, 66, /there is no such folder/],
    ["a file for a folder", () => [quick.path("hashes.ndjson")], {}, 66, /not a folder.*hashes:FILE/],
    ["a missing hashes file", () => ["hashes:nowhere.ndjson"], {}, 66, /there is no such file/],
    ["an unknown option", () => ["--bogus"], {}, 64, /unknown option '--bogus'.*--help/],
    ["a wrong threshold", () => ["--threshold", "65"], {}, 64, /65/],
    [
      "a wrong grouping",
      () => ["--grouping", "lumps"],
      {},
      64,
      /Allowed choices are clique, star, pairs, transitive, masters/,
    ],
    ["a wrong port", () => [quick.path("pictures")], { LOOKALIKE_PORT: "http" }, 78, /LOOKALIKE_PORT=http/],
    [
      "no NATS",
      () => [quick.path("pictures")],
      { NATS_URL: "nats://127.0.0.1:1", LOOKALIKE_NATS_WAIT_SECONDS: "0" },
      69,
      /NATS_URL=nats:\/\/127.0.0.1:1.*nats-server -js/,
    ],
    [
      "no PostgreSQL",
      () => [quick.path("pictures")],
      { DATABASE_URL: "postgres://u:p@127.0.0.1:1/x", LOOKALIKE_DATABASE_WAIT_SECONDS: "0" },
      69,
      /DATABASE_URL=.*can't be reached/,
    ],
    [
      "a bad address",
      () => [quick.path("pictures")],
      { NATS_URL: "s3cret-nonsense" },
      78,
      /^NATS_URL: must be an address like/,
    ],
    [
      "no NATS at any address of a list",
      () => [quick.path("pictures")],
      {
        NATS_URL: "nats://s3cret-token@127.0.0.1:1,nats://another-token@127.0.0.1:2",
        LOOKALIKE_NATS_WAIT_SECONDS: "0",
      },
      69,
      /NATS_URL=nats:\/\/\*\*\*@127.0.0.1:1,nats:\/\/\*\*\*@127.0.0.1:2: /,
    ],
  ];
  it.each(cases)("%s", async (_, args, more, exitCode, line) => {
    const { code, stdout, stderr } = await start([...(await args())], more).ended;
    const lines = stderr
      .trim()
      .split("\n")
      .filter((text) => !/^(No folder given|Listing|Grouping)/.test(text));
    expect([code, stdout, lines.length]).toEqual([exitCode, "", 1]);
    expect(lines[0]).toMatch(line);
    expect(stderr).not.toMatch(/s3cret|another-token/);
    expect(quick.leftRunning()).toEqual([]);
  });

  it("an empty folder, and one with a single picture", async () => {
    await mkdir(quick.path("empty"));
    await makePhotographs(quick.path("single"), 1, 240);
    for (const [name, line] of [
      ["empty", /no images there/],
      ["single", /one image there/],
    ] as const) {
      const { code, stdout, stderr } = await start([quick.path(name)]).ended;
      expect([code, stdout], stderr).toEqual([66, ""]);
      expect(stderr).toMatch(line);
    }
  });

  it("a port in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await until(() => server.listening);
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await start([quick.path("pictures")], { LOOKALIKE_PORT: String(port) }).ended;
    expect([code, stderr]).toEqual([69, expect.stringMatching(`LOOKALIKE_PORT=${port}: that port can't be had`)]);
    server.close();
  });
});
