import { copyFile, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDemoCatalog } from "@lookalike/local/demo";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { TEST_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

let system: RunningSystem;
let root: string;
beforeAll(async () => {
  system = await sharedSystem();
  root = system.path("pictures");
  await makeDemoCatalog(root);
});

/** The command as people run it, in a pipe. */
const lookalike = (...args: string[]) =>
  startCommand([process.execPath, "packages/cli/dist/main.js", ...args], {
    LOOKALIKE_URL: system.address,
    LOOKALIKE_KEY: TEST_KEY,
  }).ended;
const jsonLines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("lookalike", () => {
  it("scans a folder, with plain lines of progress in a pipe", async () => {
    const { code, stdout, stderr } = await lookalike("scan", root, "--name", "cli");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/completed.*31 images {2}11 groups\nstored: .* of hashes and evidence, .* kB an image\n$/),
    ]);
    expect(stdout.split("\n")[0]).toBe("31 files: 31 images");
    for (const line of stderr.trim().split("\n"))
      expect(line).toMatch(/^(listing|hashing|comparing|grouping) \d+ %$|^$/);
  });

  it("scans a catalog by its name, regroups, and lists jobs", async () => {
    const { stdout } = await lookalike("scan", "cli", "--mode", "regroup", "--threshold", "5", "--json");
    expect(jsonLines(stdout)[0]).toMatchObject({ state: "completed", mode: "regroup", thresholdBits: 5 });
    expect((await lookalike("scan", "cli", "--json")).code).toBe(0);
    const jobs = jsonLines((await lookalike("jobs", "cli", "--json")).stdout);
    expect(jobs.map(({ mode }) => mode)).toEqual(["new", "regroup", "new"]);
    expect((await lookalike("watch", jobs[0].id)).stdout).toContain("completed");
  });

  it("says what became of every file, and leaves out what its options say, from now on", async () => {
    const folder = system.path("files");
    await mkdir(join(folder, ".Trash-1000/files"), { recursive: true });
    await copyFile(join(root, "scene-01.jpg"), join(folder, "without-extension"));
    await copyFile(join(root, "scene-01.jpg"), join(folder, ".Trash-1000/files/a.jpg"));
    await copyFile(join(root, "scene-02.jpg"), join(folder, "b.jpg"));
    await writeFile(join(folder, "b.xmp"), "");
    const total = "5 files: 2 images, 1 companion files (xmp 1), 1 not images (txt 1), 1 excluded (.Trash-* 1)";
    await writeFile(join(folder, "notes.txt"), "no picture");
    const lines = (await lookalike("scan", folder, "--features", "off")).stdout.split("\n");
    expect([lines[0], lines[2]]).toEqual([total, expect.stringMatching(/ \d{3} B an image$/)]);
    const [job] = jsonLines(
      (await lookalike("scan", folder, "--exclude", "b.*", "--exclude", "!.Trash-*", "--json")).stdout,
    );
    expect(job).toMatchObject({
      totalImages: 2,
      fileCounts: { total: 5, images: 2, excluded: { "b.*": 2 }, notImages: { txt: 1 } },
    });
  });

  it("shows groups, decides, and exports what was decided", async () => {
    const groups = jsonLines((await lookalike("groups", "cli", "--json", "--limit", "100")).stdout);
    expect(groups).toHaveLength(11);
    const [first, second, third] = groups;
    const keep = String(first.members[1].ordinal);
    expect((await lookalike("decide", "cli", String(first.number), "--keep", keep)).stdout).toContain("keep");
    expect((await lookalike("decide", "cli", String(second.number), "--keep-all")).code).toBe(0);
    expect((await lookalike("decide", "cli", String(third.number), "--not-duplicates")).code).toBe(0);
    const left = (await lookalike("groups", "cli", "--undecided", "--limit", "100")).stdout;
    expect(left.split("\n").filter((line) => /^\d/.test(line))).toHaveLength(8);
    const rows = jsonLines((await lookalike("export", "cli", "--json")).stdout);
    expect(rows.filter(({ group }) => group === first.number)).toHaveLength(first.members.length);
    expect((await lookalike("export", "cli")).stdout).toMatch(/^\S*group/);
    const script = (await lookalike("export", "cli", "--json", "--format", "sh")).stdout;
    expect(script.split("\n").filter((line) => line.startsWith("go "))).toHaveLength(first.members.length - 1);
  });

  it("decides the rest by a rule after saying what it would do, archives, restores, and takes a decision back", async () => {
    const rule = ["accept", "cli", "--kind", "exact", "near-duplicate"];
    expect((await lookalike(...rule)).stdout).toMatch(/^would decide [1-9]\d* groups: .* go \(.*\)\. --yes does it\n$/);
    expect(jsonLines((await lookalike(...rule, "--json")).stdout)[0]).toMatchObject({ preview: true });
    const [done] = jsonLines((await lookalike(...rule, "--yes", "--json")).stdout);
    expect((await lookalike(...rule)).stdout).toContain("would decide 0 groups");

    const names = await readdir(root, { recursive: true });
    const [archive] = jsonLines((await lookalike("archive", "cli", "--json")).stdout);
    expect(archive).toMatchObject({ state: "archived", refusals: [] });
    expect(archive.movedFiles).toBeGreaterThanOrEqual(done.removed);
    const wouldDelete = await lookalike("archive", "empty", "cli", "--older-than", "0d");
    expect(wouldDelete.stdout).toMatch(/^would delete \d+ archived files for good \(.*\)\. --yes does it\n$/);
    expect((await lookalike("archive", "empty", "cli", "--older-than", "30d", "--yes")).stdout).toMatch(
      /^nothing to delete/,
    );
    expect((await lookalike("restore", archive.id)).stdout).toMatch(/ {2}restored {2}/);
    expect(await readdir(root, { recursive: true })).toEqual(expect.arrayContaining(names));

    const [decided] = jsonLines((await lookalike("groups", "cli", "--json")).stdout).filter(
      ({ decision }) => decision !== null,
    );
    expect((await lookalike("undo", "cli", decided.decision.id)).stdout).toContain("is taken back");
    const groups = jsonLines((await lookalike("groups", "cli", "--json", "--undecided", "--limit", "100")).stdout);
    expect(groups.map(({ number }) => number)).toContain(decided.number);
  });

  it("finds a picture's like", async () => {
    const { stdout } = await lookalike("query", "cli", join(root, "scene-06.jpg"), "--max-distance", "8");
    expect(stdout).toMatch(/^ {2}0 bits {2}scene-06.jpg$/m);
    const why = (await lookalike("why", "cli", "scene-06.jpg", "scene-07.jpg")).stdout;
    expect(why).toMatch(/^To change that: /m);
    expect(why).toMatch(/^hashes: \d+ bits differ, \d+ may/m);
    expect(why).toMatch(/^looked at: not the same \(now\)$/m);
  });

  it("says which pictures of a card the library has already, by bytes or by looks, and which not", async () => {
    const card = system.path("card");
    await mkdir(card);
    await copyFile(join(root, "scene-01.jpg"), join(card, "DSC_1.jpg"));
    await sharp(join(root, "scene-02.jpg")).resize(700).jpeg({ quality: 70 }).toFile(join(card, "DSC_2.jpg"));
    await sharp(join(root, "scene-03.jpg")).negate().flop().toFile(join(card, "DSC_3.jpg"));
    const plain = sharp({ create: { width: 300, height: 200, channels: 3, background: "#234" } });
    await plain.png().toFile(join(card, "flat.png"));
    await writeFile(join(card, "MVI_4.MOV"), "a film");
    await writeFile(join(card, "DSC_5.NEF"), "raw");
    await writeFile(join(card, "DSC_6.jpg"), "no picture");
    const { code, stdout } = await lookalike("scan", card, "--against", "cli", "--verify");
    const lines = stdout.trim().split("\n").slice(1);
    expect([code, lines.map((line) => line.split("  ~  ")[0])]).toEqual([
      0,
      [
        "have  DSC_1.jpg",
        "have  DSC_2.jpg",
        "new   DSC_3.jpg",
        expect.stringMatching(/^not-compared {2}DSC_6.jpg {2}\(not-an-image: /),
        "new   flat.png",
        "not-compared  DSC_5.NEF  (unsupported: raw (NEF))",
        "not-compared  MVI_4.MOV  (not-an-image: mov)",
        "7 files: 5 images, 1 unsupported (raw (NEF) 1), 1 not images (mov 1)",
        "2 pictures there, 2 not there, 3 not compared: not everything is there.",
      ],
    ]);
    expect(lines[0]).toMatch(/scene-01/);
    expect(lines[1]).toMatch(/scene-02/);

    const lost = join(root, "scene-01.jpg");
    await rename(lost, `${lost}.away`);
    const [job] = jsonLines((await lookalike("jobs", card, "--json")).stdout);
    const url = `${system.address}/v1/jobs/${job.id}/reference`;
    const read = async (query: string): Promise<{ image: { path: string }; answer: string; detail: string | null }[]> =>
      ((await (await fetch(url + query, { headers: { authorization: `Bearer ${TEST_KEY}` } })).json()) as never)[
        "items"
      ];
    expect((await read("?present=true")).map(({ image }) => image.path)).toEqual(["DSC_2.jpg"]);
    const [first] = await read("?present=false");
    expect(first).toMatchObject({ answer: "unconfirmed", detail: expect.stringContaining("gone since it was listed") });
    await rename(`${lost}.away`, lost);
  });

  it("says in one line what is wrong, and ends with 1", async () => {
    for (const [args, words] of [
      [["jobs", "nowhere"], "There is no catalog nowhere"],
      [["decide", "cli", "1"], "Say one of --keep"],
      [["decide", "cli", "99999", "--keep-all"], "There is no group 99999"],
      [["query", "cli", "/no/such"], "/no/such: this file can't be read"],
      [["groups", "cli", "--kind", "odd"], "Allowed choices are exact"],
      [["sacn", root], "Did you mean scan?"],
    ] as const) {
      const { code, stdout, stderr } = await lookalike(...args);
      expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining(words)]);
    }
    const environment = { LOOKALIKE_URL: "http://127.0.0.1:1", LOOKALIKE_KEY: TEST_KEY };
    const away = await startCommand([process.execPath, "packages/cli/dist/main.js", "jobs", "x"], environment).ended;
    expect(away.stderr).toContain("No Lookalike answers at http://127.0.0.1:1");
    const keyless = { LOOKALIKE_URL: system.address, LOOKALIKE_KEY: "", LOOKALIKE_DATA: system.path("") };
    const unknown = await startCommand([process.execPath, "packages/cli/dist/main.js", "jobs", "x"], keyless).ended;
    expect(unknown.stderr).toContain("No access key");
  });

  it("a scan that fails ends with 1 and the reason", async () => {
    await rename(root, `${root}-away`);
    const { code, stderr } = await lookalike("scan", "cli");
    expect([code, stderr]).toEqual([1, expect.stringContaining("no such folder")]);
    await rename(`${root}-away`, root);
  });

  it("makes, lists and disables tenants, and prints their first key once", async () => {
    const { stdout, stderr } = await lookalike("tenants", "add", "acme", "--key-name", "Ann");
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/^lk_[\w-]{43}\n$/),
      expect.stringContaining("shown this once"),
    ]);
    const key = stdout.trim();
    const asTenant = (...args: string[]) =>
      startCommand([process.execPath, "packages/cli/dist/main.js", ...args], {
        LOOKALIKE_URL: system.address,
        LOOKALIKE_KEY: key,
      }).ended;
    expect((await asTenant("jobs", "cli")).stderr).toContain("There is no catalog cli");
    expect((await asTenant("tenants")).stderr).toContain("This needs an admin key of the tenant default");
    const listed = await lookalike("tenants");
    expect(listed.stdout).toMatch(/^acme {2}enabled {2}1 key {2}0 catalogs/m);
    expect(listed.stdout).not.toContain(key);
    expect((await lookalike("tenants", "add", "acme")).stderr).toContain("There is a tenant acme already");
    expect((await lookalike("tenants", "disable", "acme")).stdout).toBe("acme  disabled\n");
    await until(async () => (await asTenant("jobs", "cli")).stderr.includes("valid access key"));
    expect((await lookalike("tenants", "enable", "acme")).stdout).toBe("acme  enabled\n");
  });

  it("completes its commands", async () => {
    expect((await lookalike("completion", "bash")).stdout).toContain(
      "scan jobs watch groups missing export decide accept decisions import undo archive restore query why tenants",
    );
  });
});
