import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { FileTally } from "@lookalike/shared/domain/job/file-counts";
import { Source } from "@lookalike/shared/domain/job/source";
import { type Objects, openObjects } from "@lookalike/shared/sources/objects";
import pMap from "p-map";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/support/folders.ts";
import { hasS3Server, type S3Server, startS3Server } from "../../../../../test/support/s3-server.ts";
import { listBucket } from "./s3.ts";

const PAGE = 1_000;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: S3Server;
let objects: Objects;

beforeAll(async () => {
  if (!hasS3Server) return;
  folder = await temporaryFolder();
  server = await startS3Server(folder.path, ["pictures"]);
  Object.assign(process.env, server.environment);
  objects = openObjects();
});
afterAll(async () => {
  await server?.stop();
  await folder?.remove();
});

const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
  .png()
  .toBuffer();

it.skipIf(!hasS3Server)(
  "a bucket is listed page after page, in the order of its keys, also while it changes",
  async () => {
    const keys = Array.from({ length: PAGE + 200 }, (_, at) => `many/${String(at).padStart(5, "0")}.png`);
    await pMap(keys, (key) => objects.write("pictures", key, pixel, "image/png"), { concurrency: 16 });
    const source = Source.parse({ kind: "s3", bucket: "pictures", prefix: "many/" });
    const found: string[] = [];
    for await (const { path } of listBucket(source as Parameters<typeof listBucket>[0], objects, new FileTally())) {
      found.push(path);
      if (found.length !== 1) continue;
      // The first page is here, the second is not requested yet.
      await rm(join(folder.path, "data/pictures/many/01100.png"));
      await writeFile(join(folder.path, "data/pictures/many/00000-new.png"), pixel);
      await objects.write("pictures", "many/99999.png", pixel, "image/png");
    }
    const expected = keys.filter((key) => key !== "many/01100.png").map((key) => key.slice(5));
    expect(found).toEqual([...expected, "99999.png"]);
  },
);

it.skipIf(!hasS3Server)("an object that was replaced or deleted is not read", async () => {
  await objects.write("pictures", "one/first.png", pixel, "image/png");
  const { value: first } = await objects.list("pictures", "one/").next();
  if (first === undefined) throw new Error("no objects");
  expect((await buffer(await objects.read("pictures", first.key, first.etag))).length).toBe(first.bytes);
  await expect(objects.read("pictures", first.key, '"0123456789abcdef"')).rejects.toMatchObject({
    reason: "changed",
  });
  await expect(objects.size("pictures", first.key, '"0123456789abcdef"')).rejects.toMatchObject({
    reason: "changed",
  });
  await expect(objects.read("pictures", "one/none.png", null)).rejects.toMatchObject({ reason: "missing" });
});
