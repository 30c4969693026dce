import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeHashes } from "../support/hashes.ts";
import { makePhotographs } from "../support/photographs.ts";
import { pngBomb } from "../support/png-bomb.ts";
import { killAllWith, processesWith } from "../support/processes.ts";
import { npmStart, startCommand, until } from "../support/system.ts";

/** docs/json.md, as a schema. */
const Report = z.strictObject({
  version: z.literal(1),
  job: z.string(),
  images: z.int(),
  blocks: z.int(),
  pairs: z.int(),
  tasks: z.int(),
  tasksDone: z.int(),
  tasksQuarantined: z.int(),
  flat: z.int(),
  threshold: z.int(),
  grouping: z.string(),
  failed: z.array(z.strictObject({ path: z.string(), reason: z.string(), detail: z.string() })),
  groups: z.array(
    z.strictObject({ kind: z.string(), keeper: z.string(), keeperReason: z.string(), members: z.array(z.string()) }),
  ),
  seconds: z.number(),
});

let folder: string;
const path = (name: string): string => join(folder, name);
const environment = (data = "data") => ({ LOOKALIKE_DATA: path(data) });
const start = (args: readonly string[], more: Record<string, string> = {}) =>
  npmStart(args, { ...environment(), ...more });

/** Processes whose data folder is in this test's folder. */
const leftRunning = (): string[] => processesWith(folder).map(({ command }) => command);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-quickstart-"));
});
afterAll(async () => {
  expect(leftRunning()).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

describe("npm start", () => {
  it("without a folder compares a demo catalog, and prints its groups", async () => {
    const { code, stdout, stderr } = await start([], environment("demo")).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining("demo catalog")]);
    expect(stdout).toContain("scene-07.jpg");
    expect(stdout).toMatch(/31 images, 1\d groups of look-alikes/);
  });

  it("finds the groups of a folder, and does not hash or compare again what is done", async () => {
    await makePhotographs(path("pictures"), 21, 240);
    const first = await start([path("pictures"), "--json"]).ended;
    expect(first.code).toBe(0);
    const report = Report.parse(JSON.parse(first.stdout));
    expect(report).toMatchObject({ images: 21, blocks: 1, pairs: 1, tasks: 1, tasksDone: 1, failed: [] });
    expect(report.groups.length).toBeGreaterThanOrEqual(3);
    for (const { keeper, members } of report.groups) expect(members).toContain(keeper);
    const again = Report.parse(JSON.parse((await start([path("pictures"), "--json"]).ended).stdout));
    expect(again).toMatchObject({ images: 21, pairs: 0, tasks: 0, groups: report.groups });
  });

  it("reads hashes instead of a folder", async () => {
    await writeHashes(path("hashes.ndjson"), { images: 600, bits: 256, seed: 1, copiesPerThousand: 100 });
    const { code, stdout } = await start([
      `hashes:${path("hashes.ndjson")}`,
      "--json",
      "--block-size",
      "100",
      "--pairs-per-task",
      "4",
    ]).ended;
    expect(code).toBe(0);
    expect(Report.parse(JSON.parse(stdout))).toMatchObject({
      images: 600,
      blocks: 6,
      pairs: 21,
      tasks: 6,
      tasksDone: 6,
    });
  });
});

describe("a folder of bad and odd files", () => {
  const bad: Record<string, string> = {
    "bomb.png": "too-many-pixels",
    "cut.jpg": "truncated",
    "empty.jpg": "empty",
    "pipe.jpg": "not-a-regular-file",
    "text.jpg": "not-an-image",
  };
  const odd = [
    "cmyk.jpg",
    "16 bit.png",
    "grey.png",
    "transparent.png",
    "moving.gif",
    "new\nline.jpg",
    'quote\'s "here".jpg',
    "emoji 📷.jpg",
    "caf\udce9.jpg",
  ];

  it("is finished with a reason for each bad one, and every odd one grouped", async () => {
    await mkdir(path("odd/below"), { recursive: true });
    await makePhotographs(path("one"), 7, 320);
    const [first = ""] = await readdir(path("one"));
    const picture = await readFile(path(`one/${first}`));
    const image = () => sharp(picture);
    const plain = await image().jpeg({ quality: 90 }).toBuffer();
    const files: Record<string, Buffer> = {
      "bomb.png": pngBomb(),
      "cut.jpg": plain.subarray(0, plain.length / 2),
      "empty.jpg": Buffer.alloc(0),
      "text.jpg": Buffer.from("no picture"),
      "cmyk.jpg": await image().toColourspace("cmyk").jpeg().toBuffer(),
      "16 bit.png": await image().toColourspace("rgb16").png().toBuffer(),
      "grey.png": await image().greyscale().png().toBuffer(),
      "transparent.png": await image().ensureAlpha(0.99).png().toBuffer(),
      "moving.gif": await sharp([picture, await image().negate().jpeg().toBuffer()], { join: { animated: true } })
        .gif()
        .toBuffer(),
      "new\nline.jpg": plain,
      'quote\'s "here".jpg': plain,
      "emoji 📷.jpg": plain,
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(path(`odd/${name}`), bytes);
    // A name in Latin-1: no valid UTF-8.
    await writeFile(Buffer.concat([Buffer.from(path("odd/caf")), Buffer.from([0xe9]), Buffer.from(".jpg")]), plain);
    execFileSync("mkfifo", [path("odd/pipe.jpg")]);
    await symlink("..", path("odd/below/loop"));
    await writeFile(path("odd/notes.txt"), "no picture, and not called one");

    const { code, stdout } = await start([path("odd"), "--json", "--threshold", "40"]).ended;
    expect(code).toBe(0);
    const report = Report.parse(JSON.parse(stdout));
    expect(report.images).toBe(Object.keys(bad).length + odd.length);
    expect(Object.fromEntries(report.failed.map(({ path: name, reason }) => [name, reason]))).toEqual(bad);
    expect(report.groups.flatMap(({ members }) => members).sort()).toEqual([...odd].sort());
  });
});

describe("what can't work ends in one line that says what to do, and leaves nothing running", () => {
  const cases: [string, () => Promise<string[]> | string[], Record<string, string>, number, RegExp][] = [
    ["missing folder", () => [path("nowhere")], {}, 66, /there is no such folder/],
    ["a file for a folder", () => [path("hashes.ndjson")], {}, 66, /not a folder.*hashes:FILE/],
    ["a missing hashes file", () => ["hashes:nowhere.ndjson"], {}, 66, /there is no such file/],
    ["an unknown option", () => ["--bogus"], {}, 64, /unknown option '--bogus'.*--help/],
    ["a wrong threshold", () => ["--threshold", "65"], {}, 64, /65/],
    ["a wrong grouping", () => ["--grouping", "lumps"], {}, 64, /Allowed choices are clique, star, pairs, transitive/],
    ["a wrong port", () => [path("pictures")], { LOOKALIKE_PORT: "http" }, 78, /LOOKALIKE_PORT=http/],
    [
      "no NATS",
      () => [path("pictures")],
      { NATS_URL: "nats://127.0.0.1:1" },
      69,
      /NATS_URL=nats:\/\/127.0.0.1:1.*nats-server -js/,
    ],
    [
      "no PostgreSQL",
      () => [path("pictures")],
      { DATABASE_URL: "postgres://u:p@127.0.0.1:1/x" },
      69,
      /DATABASE_URL=.*can't be reached/,
    ],
    ["a bad address", () => [path("pictures")], { NATS_URL: "nonsense" }, 78, /NATS_URL=nonsense/],
  ];
  it.each(cases)("%s", async (_, args, more, exitCode, line) => {
    const { code, stdout, stderr } = await start([...(await args())], more).ended;
    const lines = stderr
      .trim()
      .split("\n")
      .filter((text) => !/^(Installing|No folder given|Listing|Grouping)/.test(text));
    expect([code, stdout, lines.length]).toEqual([exitCode, "", 1]);
    expect(lines[0]).toMatch(line);
    expect(leftRunning()).toEqual([]);
  });

  it("an empty folder, and one with a single picture", async () => {
    await mkdir(path("empty"));
    await makePhotographs(path("single"), 1, 240);
    for (const [name, line] of [
      ["empty", /no images there/],
      ["single", /one image there/],
    ] as const) {
      const { code, stdout, stderr } = await start([path(name)]).ended;
      expect([code, stdout]).toEqual([66, ""]);
      expect(stderr).toMatch(line);
    }
  });

  it("a port in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await until(() => server.listening);
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await start([path("pictures")], { LOOKALIKE_PORT: String(port) }).ended;
    expect([code, stderr]).toEqual([69, expect.stringMatching(`LOOKALIKE_PORT=${port}: that port can't be had`)]);
    server.close();
  });

  it("the data folder in use by another", async () => {
    const first = start([path("pictures"), "--keep-running"], { LOOKALIKE_PORT: "0" });
    await until(() => first.output().includes("Running until Ctrl-C"));
    const second = await start([path("pictures")]).ended;
    expect([second.code, second.stderr]).toEqual([69, expect.stringContaining("another Lookalike")]);
    const [, address = "", key = ""] = /Review them: (http:[^#]+)#key=(\S+)/.exec(first.output()) ?? [];
    const answer = await fetch(`${address}v1/catalogs`, { headers: { authorization: `Bearer ${key}` } });
    expect(await answer.json()).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name: path("pictures") })]),
    });
    first.child.kill("SIGINT");
    expect((await first.ended).code).toBe(0);
    expect(leftRunning()).toEqual([]);
  });
});

describe("the command line", () => {
  const groups = (more: Record<string, string> = {}) => {
    const command = [process.execPath, "packages/cli/dist/main.js", "groups", path("pictures")];
    const places = { LOOKALIKE_URL: "", LOOKALIKE_KEY: "", ...environment("instance"), ...more };
    return startCommand(command, places).ended;
  };

  it("finds the running instance and its key by the data folder, and says when it was killed", async () => {
    const args = [path("pictures"), "--keep-running"];
    const first = start(args, { ...environment("instance"), LOOKALIKE_PORT: "0" });
    await until(() => first.output().includes("Running until Ctrl-C"));
    const found = await groups();
    expect([found.code, found.stderr]).toEqual([0, ""]);
    expect(found.stdout).toMatch(/^\d+ {2}(exact|variant|derivative|near-duplicate)\n {3}keep {2}/);
    const elsewhere = await groups({ LOOKALIKE_URL: "http://127.0.0.1:1" });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining("answers at http://127.0.0.1:1")]);

    const { pid } = JSON.parse(await readFile(path("instance/instance.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    expect((await first.ended).code).toBe(137);
    const ended = await groups();
    const line = `${path("instance")}: its Lookalike (process ${pid}) does not run any more. Start it with npm start, or set LOOKALIKE_URL.\n`;
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([1, "", line]);

    // The servers of the killed one still run: the next start ends them, and finds all that was done.
    const second = start([...args, "--json"], { ...environment("instance"), LOOKALIKE_PORT: "0" });
    await until(() => second.output().includes("Running until Ctrl-C"));
    expect((await groups()).stdout).toBe(found.stdout);
    second.child.kill("SIGINT");
    expect(JSON.parse((await second.ended).stdout)).toMatchObject({ pairs: 0 });
    const none = await groups();
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("No Lookalike answers at http://127.0.0.1:")]);
  });
});

describe("an interrupted job", () => {
  it("is continued by the next start: after Ctrl-C, and after kill -9 of everything", async () => {
    await writeHashes(path("many.ndjson"), { images: 12_000, bits: 256, seed: 2, copiesPerThousand: 50 });
    const args = [`hashes:${path("many.ndjson")}`, "--json", "--block-size", "100", "--pairs-per-task", "10"];
    const first = start(args, environment("interrupted"));
    await until(() => first.output().includes("Comparing"));
    first.child.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("Start again to go on.") });
    expect(leftRunning()).toEqual([]);

    const second = start(args, environment("interrupted"));
    await until(() => second.output().includes("Comparing"));
    killAllWith(path("interrupted"));
    killAllWith(path("many.ndjson"));
    await second.ended;

    // The tasks of the killed workers count as lost after three seconds, not after a minute.
    const soon = { LOOKALIKE_LOST_AFTER_MS: "3000", LOOKALIKE_RECONCILE_INTERVAL_MS: "500" };
    const third = await start(args, { ...environment("interrupted"), ...soon }).ended;
    expect(third).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Going on with the job that was interrupted."),
    });
    const undisturbed = await start(args, environment("undisturbed")).ended;
    const [resumed, reference] = [third, undisturbed].map(({ stdout }) => Report.parse(JSON.parse(stdout)));
    expect(resumed).toMatchObject({ images: 12_000, blocks: 120, pairs: 7_260, tasks: 726, tasksDone: 726 });
    expect(resumed?.groups).toEqual(reference?.groups);
  });
});

describe("npm start -- --help", () => {
  it("prints the options and the exit codes", async () => {
    const { code, stdout } = await startCommand(["npm", "start", "--", "--help"]).ended;
    expect(code).toBe(0);
    for (const text of [
      "--threshold",
      "--grouping",
      "--block-size",
      "--pairs-per-task",
      "--batch-size",
      "--dispatch",
      "--kernel",
      "--json",
      "--keep-running",
      "Exit codes",
      "LOOKALIKE_DATA",
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain("> lookalike");
  });
});
