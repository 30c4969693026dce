import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { type Objects, openObjects } from "@lookalike/shared/sources/objects";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { hasS3Server, type S3Server, startS3Server } from "../support/s3-server.ts";
import { WITH_KEY } from "../support/servers.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

const PICTURES = { kind: "s3", bucket: "pictures", prefix: "photographs/" } as const;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: S3Server;
let system: System;
let objects: Objects;

beforeAll(async () => {
  if (!hasS3Server) return;
  folder = await temporaryFolder();
  server = await startS3Server(folder.path, ["pictures", "others", "thumbnails"]);
  Object.assign(process.env, server.environment);
  objects = openObjects();
  system = await startSystem({
    ...server.environment,
    LOOKALIKE_SOURCE_BUCKETS: "pictures",
    LOOKALIKE_THUMBNAILS: "s3://thumbnails/small/",
    LOOKALIKE_PREPARED_GROUPS: "0",
  });
});
afterAll(async () => {
  await system?.stop();
  await server?.stop();
  await folder?.remove();
});

const upload = async (key: string, file: string): Promise<void> =>
  objects.write("pictures", key, await readFile(file), "image/jpeg");

describe.skipIf(!hasS3Server)("a bucket", () => {
  it("gives the groups that a folder of the same pictures gives, and only what changed is hashed again", async () => {
    const local = join(folder.path, "local");
    await makePhotographs(local, 30, 240);
    const names = (await readdir(local)).sort();
    for (const name of names) await upload(`photographs/${name}`, join(local, name));
    await upload("elsewhere.jpg", join(local, names[0] ?? ""));
    const source = Source.parse(PICTURES);
    const fromFolder = await system.run(directorySource(local), { blockSize: 10 });
    const fromBucket = await system.run(source, { blockSize: 10 }, "bucket");
    expect(fromBucket).toMatchObject({ state: "completed", totalImages: 30, failedImages: 0 });
    expect(await groupsOf(system.client, fromBucket.id)).toEqual(await groupsOf(system.client, fromFolder.id));

    await upload(`photographs/${names[1]}`, join(local, names[2] ?? ""));
    const again = await system.run(source, { blockSize: 10 }, "bucket");
    expect(again).toMatchObject({ state: "completed", totalImages: 30, totalBlocks: 4 });
    // It is what the third picture is: as far from the keeper as that.
    const groups = (await groupsOf(system.client, again.id)).join();
    const distanceOf = (name = "") => groups.split(`${name}/`)[1]?.split(/[ ,]/)[0];
    expect(distanceOf(names[1])).toBe(distanceOf(names[2]));
  });

  it("has an object under another key: it is the same image, and is not hashed again", async () => {
    const local = join(folder.path, "local");
    const [first = "", second = ""] = (await readdir(local)).sort().slice(4);
    const ordinals = async () => {
      const catalog = await system.client.openCatalog("bucket", Source.parse(PICTURES));
      const page = await fetch(`${system.address}/v1/catalogs/${catalog}/images?limit=1000`, { headers: WITH_KEY });
      const { items } = (await page.json()) as { items: { path: string; ordinal: number }[] };
      return new Map(items.map(({ path, ordinal }) => [path, ordinal]));
    };
    const before = await ordinals();
    await upload(`photographs/2019/${first}`, join(local, first));
    await rm(join(folder.path, "data/pictures/photographs", first));
    // A copy is another image.
    await upload(`photographs/2019/${second}`, join(local, second));
    const job = await system.run(Source.parse(PICTURES), { blockSize: 10 }, "bucket");
    expect(job).toMatchObject({ state: "completed", totalImages: 31 });
    const after = await ordinals();
    expect(after.get(`2019/${first}`)).toBe(before.get(first));
    expect(after.get(second)).toBe(before.get(second));
    expect(after.get(`2019/${second}`)).toBeGreaterThan(Math.max(...before.values()));
  });

  it("is read although its server answers 503 SlowDown", async () => {
    const before = server.refused;
    server.slowDown(5);
    const job = await system.run(Source.parse(PICTURES), { blockSize: 7 }, "slow");
    expect(job).toMatchObject({ state: "completed", failedImages: 0 });
    expect(server.refused - before).toBe(5);
  });

  it("shows its pictures whole and by ranges, and stores thumbnails beside it", async () => {
    const catalog = await system.client.openCatalog("bucket", Source.parse(PICTURES));
    const image = `${system.address}/v1/catalogs/${catalog}/images/0`;
    const whole = await fetch(`${image}/original`, { headers: WITH_KEY });
    const part = await fetch(`${image}/original`, { headers: { ...WITH_KEY, range: "bytes=10-19" } });
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)]);
    const thumbnail = async () =>
      Buffer.from(await (await fetch(`${image}/thumbnail`, { headers: WITH_KEY })).arrayBuffer());
    const small = await thumbnail();
    expect((await sharp(small).metadata()).format).toBe("webp");
    const storedKeys = async () => {
      const keys: string[] = [];
      for await (const { key } of objects.list("thumbnails", "small/")) keys.push(key);
      return keys;
    };
    await until(async () => (await storedKeys()).length === 1);
    // From now on it is read from where it is stored.
    await objects.write("thumbnails", (await storedKeys())[0] ?? "", Buffer.from("stored"), "image/webp");
    expect((await thumbnail()).toString()).toBe("stored");
  });

  it("that is not allowed is refused, and a missing one fails its job with a clear message", async () => {
    const refused = await fetch(`${system.address}/v1/catalogs`, {
      method: "POST",
      headers: { ...WITH_KEY, "content-type": "application/json" },
      body: JSON.stringify({ name: "others", source: { kind: "s3", bucket: "others" } }),
    });
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({
        detail: "s3://others: not a bucket of LOOKALIKE_SOURCE_BUCKETS for the tenant default.",
      }),
    ]);
    await expect(objects.list("nowhere", "").next()).rejects.toThrow("s3://nowhere/: there is no such bucket");
  });

  it.each([
    ["another secret", { AWS_SECRET_ACCESS_KEY: "wrong" }, "AWS_SECRET_ACCESS_KEY is not the key's"],
    ["an unknown key", { AWS_ACCESS_KEY_ID: "nobody" }, "No user exists with the provided access key ID."],
  ])("is not opened by %s, and says so", async (_how, wrong, text) => {
    const list = `import { s3Objects } from "@lookalike/shared/sources/objects";
      s3Objects().list("pictures", "").next().catch(({ message }) => console.log(message));`;
    const { stdout } = await startCommand([process.execPath, "--input-type=module", "-e", list], {
      ...server.environment,
      ...wrong,
    }).ended;
    expect(stdout.trim()).toBe(`s3://pictures/: ${text}`);
  });
});
