import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { moveFile } from "./move-file.ts";

/** Memory that looks like a disk: on Linux a volume of its own. */
const OTHER_VOLUME = "/dev/shm";
const CONTENT = "a picture";
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const TAKEN = new Date("2020-02-02T02:02:02Z");

const volumeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ dev }) => dev,
    () => null,
  );
const [here, there] = [await volumeOf(tmpdir()), await volumeOf(OTHER_VOLUME)];

describe.each([
  ["the same volume", tmpdir(), true],
  ["another volume", OTHER_VOLUME, there !== null && there !== here],
])("a file moved to %s", (_volume, place, isPossible) => {
  const testIt = it.skipIf(!isPossible);
  let from: string;
  let to: string;
  beforeEach(async () => {
    if (!isPossible) return;
    from = await mkdtemp(join(tmpdir(), "lookalike-move-"));
    to = await mkdtemp(join(place, "lookalike-move-"));
    await writeFile(join(from, "picture.jpg"), CONTENT);
    await utimes(join(from, "picture.jpg"), TAKEN, TAKEN);
  });
  afterEach(async () => {
    if (isPossible) for (const folder of [from, to]) await rm(folder, { recursive: true });
  });
  const move = (sha256 = SHA256) =>
    moveFile(Buffer.from(join(from, "picture.jpg")), Buffer.from(join(to, "deep/picture.jpg")), sha256);

  testIt("is there whole, as old as it was, and no longer here", async () => {
    await move();
    expect(await readFile(join(to, "deep/picture.jpg"), "utf8")).toBe(CONTENT);
    expect((await stat(join(to, "deep/picture.jpg"))).mtime).toEqual(TAKEN);
    expect([await readdir(from), await readdir(join(to, "deep"))]).toEqual([[], ["picture.jpg"]]);
  });

  testIt("replaces nothing that has its name", async () => {
    await move();
    await writeFile(join(from, "picture.jpg"), "another");
    await expect(move()).rejects.toThrow("there is a file under that name");
    expect(await readFile(join(to, "deep/picture.jpg"), "utf8")).toBe(CONTENT);
    expect(await readFile(join(from, "picture.jpg"), "utf8")).toBe("another");
  });
});

describe.skipIf(there === null || there === here)("a copy on another volume that is not the same", () => {
  it("is thrown away, and the file stays", async () => {
    const from = await mkdtemp(join(tmpdir(), "lookalike-move-"));
    const to = await mkdtemp(join(OTHER_VOLUME, "lookalike-move-"));
    await writeFile(join(from, "picture.jpg"), CONTENT);
    const wanted = createHash("sha256").update("what it was").digest("hex");
    await expect(
      moveFile(Buffer.from(join(from, "picture.jpg")), Buffer.from(join(to, "picture.jpg")), wanted),
    ).rejects.toThrow("the copy is not the same");
    expect([await readdir(from), await readdir(to)]).toEqual([["picture.jpg"], []]);
    for (const folder of [from, to]) await rm(folder, { recursive: true });
  });
});
