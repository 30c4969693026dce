import { execFileSync } from "node:child_process";
import { link, mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../support/command.ts";
import { makePhotographs } from "../support/photographs.ts";
import { pngBomb } from "../support/png-bomb.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";
import { drawScene } from "../support/scene.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  await quick.prepare();
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

describe("a folder of files that look alike and must not go", () => {
  let ended: Awaited<Running["ended"]>;

  beforeAll(async () => {
    const folder = Buffer.concat([Buffer.from(quick.path("gr")), Buffer.from([0xfc, 0xdf]), Buffer.from("e")]);
    const file = (name: string): Buffer => Buffer.concat([folder, Buffer.from(`/${name}`)]);
    const write = (name: string, bytes: Buffer) => writeFile(file(name), bytes);
    await mkdir(folder);
    const [damaged, pages, film, linked, rotten] = await Promise.all(
      [0, 1, 2, 3, 4].map((scene) =>
        sharp(drawScene(scene, 640, 480), { raw: { width: 640, height: 480, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    );
    const jpeg = (picture: Buffer | undefined, quality = 90) => sharp(picture).jpeg({ quality }).toBuffer();
    const good = await jpeg(damaged);
    await write("z.jpg", good);
    await write("a.jpg", good.subarray(0, good.length - 20));
    await write("padded.jpg", Buffer.concat([good, Buffer.alloc(4_096)]));
    const document = (others: (Buffer | undefined)[]) =>
      sharp(
        [pages, ...others].map((page) => page ?? Buffer.alloc(0)),
        { join: { animated: true } },
      )
        .tiff({ compression: "lzw" })
        .toBuffer();
    await write("2019.tif", await document([film, linked]));
    await write("2024.tif", await document([linked]));
    const clip = Buffer.concat([Buffer.from([0, 0, 0, 16]), Buffer.from("ftypmp42"), Buffer.alloc(900)]);
    await write("moving.jpg", Buffer.concat([await jpeg(film, 80), clip]));
    await write("still.jpg", await jpeg(film, 97));
    await write("first.jpg", await jpeg(linked));
    await link(file("first.jpg"), file("second.jpg"));
    const whole = await jpeg(rotten);
    await write("y.jpg", whole);
    // As on a failing disk: size and time are the same.
    await write("b.jpg", Buffer.concat([whole.subarray(0, 24_000), Buffer.alloc(8, 0x5a), whole.subarray(24_008)]));
    await utimes(file("b.jpg"), 1_500_000_000, 1_500_000_000);
    await utimes(file("y.jpg"), 1_500_000_000, 1_500_000_000);
    // What Node makes of the name in the arguments of a process.
    ended = await quick.start([folder.toString(), "--json"]).ended;
  });

  it("may have a name that is not UTF-8", () => {
    expect(ended.code, ended.stderr).toBe(0);
    expect(reportOf(ended.stdout)).toMatchObject({ images: 11, failed: [] });
  });

  it("a rule lets none go that is damaged, holds more, or is another name of one file", () => {
    const report = reportOf(ended.stdout);
    expect(report.groups.map(({ members, ...group }) => ({ ...group, members: members.join() }))).toEqual(
      expect.arrayContaining([
        { kind: "damaged", keeper: "z.jpg", keeperReason: "undamaged", members: "a.jpg,padded.jpg,z.jpg" },
        { kind: "damaged", keeper: "y.jpg", keeperReason: "undamaged", members: "b.jpg,y.jpg" },
        { kind: "partial", keeper: "2019.tif", keeperReason: "holds-more", members: "2019.tif,2024.tif" },
        { kind: "partial", keeper: "moving.jpg", keeperReason: "holds-more", members: "moving.jpg,still.jpg" },
        { kind: "exact", keeper: "first.jpg", keeperReason: "first-path", members: "first.jpg,second.jpg" },
      ]),
    );
    expect(report.groups).toHaveLength(5);
    expect(report.damaged).toEqual([
      { path: "a.jpg", detail: "its end is missing" },
      { path: "b.jpg", detail: expect.any(String) },
      { path: "padded.jpg", detail: "4096 unknown bytes after its end" },
    ]);
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
    await mkdir(quick.path("odd/below"), { recursive: true });
    await makePhotographs(quick.path("one"), 7, 320);
    const [first = ""] = await readdir(quick.path("one"));
    const picture = await readFile(quick.path(`one/${first}`));
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
    for (const [name, bytes] of Object.entries(files)) await writeFile(quick.path(`odd/${name}`), bytes);
    // A name in Latin-1: no valid UTF-8.
    await writeFile(
      Buffer.concat([Buffer.from(quick.path("odd/caf")), Buffer.from([0xe9]), Buffer.from(".jpg")]),
      plain,
    );
    execFileSync("mkfifo", [quick.path("odd/pipe.jpg")]);
    await symlink("..", quick.path("odd/below/loop"));
    await writeFile(quick.path("odd/notes.txt"), "no picture, and not called one");

    const { code, stdout } = await quick.start([quick.path("odd"), "--json", "--threshold", "40"]).ended;
    expect(code).toBe(0);
    const report = reportOf(stdout);
    expect(report.images).toBe(Object.keys(bad).length + odd.length);
    expect(report.fileCounts).toMatchObject({
      total: Object.keys(files).length + 2,
      images: Object.keys(files).length + 1,
      notImages: { txt: 1 },
      notFiles: { "symbolic link": 1, "pipe, socket or device": 1 },
    });
    expect(Object.fromEntries(report.failed.map(({ path: name, reason }) => [name, reason]))).toEqual(bad);
    expect(report.groups.flatMap(({ members }) => members).sort()).toEqual([...odd].sort());
  });
});
