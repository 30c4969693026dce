import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { FairTurns } from "@lookalike/shared/runtime/fair-turns";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { walkSource } from "./sources/source.ts";
import { ListingError, type Walk } from "./sources/walk.ts";
import { createWalkers } from "./walkers.ts";

const BUILT = new URL("../../dist/list/walk-child.js", import.meta.url);
const HANGING = new URL("../../../../test/fixtures/hanging-walker.mjs", import.meta.url);

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "lookalike-walkers-")));
  await mkdir(join(folder, "in"));
  for (const name of ["a.jpg", "in/b.jpg", "notes.txt"]) await writeFile(join(folder, name), name);
  await writeFile(join(folder, "list.txt"), "in/b.jpg\nsecret");
  await writeFile(join(folder, "hashes.ndjson"), '{"id":"a","hash":"0123456789abcdef"}\nno json\n');
});
afterAll(() => rm(folder, { recursive: true }));

const open = (script: URL, deadlineSeconds = 60) => {
  const allowed = { roots: [{ tenant: "a", root: folder }], buckets: [] };
  const reading = new FairTurns({ turns: 4, turnsPerTenant: 2, turnsForSmall: 0 });
  const walkers = createWalkers({ allowed, reading, deadlineSeconds, script });
  onTestFinished(() => walkers.close());
  const walk = (source: Source, isIsolated = false): Promise<Walk> =>
    walkers.walk({
      owned: { source, tenant: "a" },
      resume: null,
      turner: { tenant: "a", began: 0, size: 0 },
      isIsolated,
    });
  return { allowed, walk, pids: walkers.pids };
};

/** All that a walk finds, as data. */
const foundBy = (walk: Walk) => everythingOf(walk).finally(walk.close);
const everythingOf = async (walk: Walk) => {
  const images: FoundImage[] = [];
  for await (const part of walk.parts) images.push(...part);
  const { tally } = walk;
  const [first] = images;
  return {
    images,
    isResumed: walk.isResumed,
    mark: walk.mark({ end: 7, images: 6 }),
    counts: tally?.counts(),
    unlisted: tally?.unlisted,
    mounts: tally?.mounts,
    isThere: await walk.files?.isStillThere(first?.path ?? "", first?.fingerprint ?? ""),
    digest: await walk.files?.digestOf(first?.path ?? ""),
  };
};

describe("a source that is walked in another process", () => {
  it("is found as in this one, from the first image to the counts", async () => {
    const { allowed, walk, pids } = open(BUILT);
    const list = { ...directorySource(folder), list: join(folder, "list.txt") } as Source;
    for (const source of [
      directorySource(folder),
      list,
      { kind: "hashes", file: join(folder, "hashes.ndjson") } as const,
    ]) {
      const expected = await foundBy(await walkSource({ source, tenant: "a" }, allowed, null));
      expect(await foundBy(await walk(source))).toEqual(expected);
      expect(await foundBy(await walk(source, true))).toEqual(expected);
    }
    // The one that is shared waits for the next walk.
    expect(pids()).toHaveLength(1);
  });

  it("is refused in the same words", async () => {
    const { walk } = open(BUILT);
    const refused = walk(directorySource("/etc"));
    await expect(refused).rejects.toThrow(ListingError);
    await expect(refused).rejects.toThrow("/etc: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant a");
  });

  it("fails with a reason when its process is stopped, and the next one is walked by another process", async () => {
    const { walk, pids } = open(BUILT, 2);
    await foundBy(await walk(directorySource(folder)));
    const [stopped = 0] = pids();
    process.kill(stopped, "SIGSTOP");
    const failing = walk(directorySource(folder));
    await expect(failing).rejects.toThrow(ListingError);
    await expect(failing).rejects.toThrow(
      `${folder}: nothing could be read for 2 s. Its disk or share does not answer.`,
    );
    expect((await foundBy(await walk(directorySource(folder)))).images).toHaveLength(2);
    expect(pids()).not.toContain(stopped);
  });

  it("leaves no process behind that does not answer when it is over", async () => {
    const { walk, pids } = open(BUILT, 2);
    const walked = await walk(directorySource(folder));
    await everythingOf(walked);
    const [stopped = 0] = pids();
    process.kill(stopped, "SIGSTOP");
    await walked.close();
    await sleep(2_100);
    expect((await foundBy(await walk(directorySource(folder)))).images).toHaveLength(2);
    expect(pids()).not.toContain(stopped);
  });

  it("is no failure of its owner's when its process ends: the task is tried again", async () => {
    const { walk, pids } = open(BUILT);
    const walked = await walk(directorySource(folder));
    process.kill(pids()[0] ?? 0, "SIGKILL");
    const error = await foundBy(walked).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining("has ended") });
    expect(error).not.toBeInstanceOf(ListingError);
    expect((await foundBy(await walk(directorySource(folder)))).images).toHaveLength(2);
  });
});

describe("a disk that never answers", () => {
  it("stops no other listing, and one that is only slow goes on", async () => {
    const { walk, pids } = open(HANGING, 1);
    const endOf = async (name: string) => foundBy(await walk(directorySource(join(folder, name))));
    const broken = endOf("broken").catch((error: unknown) => error);
    const slow = endOf("slow");
    expect((await endOf("fine")).images).toEqual([]);
    const [shared] = pids();
    expect(await broken).toMatchObject({
      name: "ListingError",
      message: expect.stringContaining("nothing could be read for 1 s"),
    });
    expect((await slow).images).toEqual([]);
    expect((await endOf("fine")).images).toEqual([]);
    expect(pids()).not.toContain(shared);
  });
});
