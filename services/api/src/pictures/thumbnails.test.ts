import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { createLogger } from "@lookalike/shared/runtime/log";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createThumbnails, ThumbnailLocation, type Thumbnails } from "./thumbnails.ts";

let folder: string;
let thumbnails: Thumbnails;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-thumbnails-"));
  thumbnails = createThumbnails(join(folder, "stored"), createLogger("test", "silent"));
});
afterEach(() => rm(folder, { recursive: true }));

const paint = async (background: string): Promise<CatalogImage> => {
  const file = join(folder, "picture.png");
  await sharp({ create: { width: 640, height: 480, channels: 3, background } })
    .png()
    .toFile(file);
  const fingerprint = fingerprintOf(await stat(file, { bigint: true }));
  return { ordinal: 7, path: "picture.png", fingerprint } as CatalogImage;
};
const small = (image: CatalogImage): Promise<Buffer> =>
  thumbnails({ id: "catalog", source: directorySource(folder) } as CatalogRow, image, "small");
const stored = async (): Promise<string[]> => readdir(join(folder, "stored/catalog")).catch(() => []);

describe("a thumbnail", () => {
  it("is created once, and stored under a name that changes with its file", async () => {
    const red = await paint("red");
    const thumbnail = await small(red);
    expect(await sharp(thumbnail).metadata()).toMatchObject({ format: "webp", width: 320, height: 240 });
    await expect.poll(stored).toEqual([expect.stringMatching(/^7-[0-9a-f]{16}-small\.webp$/)]);
    await writeFile(join(folder, "stored/catalog", (await stored())[0] ?? ""), "from the store");
    expect((await small(red)).toString()).toBe("from the store");
    const green = await small(await paint("green"));
    expect((await sharp(green).metadata()).format).toBe("webp");
    await expect.poll(stored).toHaveLength(2);
  });

  it("is returned also when it can't be stored", async () => {
    await writeFile(join(folder, "stored"), "a file, no folder");
    expect((await sharp(await small(await paint("red"))).metadata()).format).toBe("webp");
  });
});

describe("the location of thumbnails", () => {
  it.each(["", "/var/cache/lookalike", "s3://bucket/prefix"])("may be %j", (location) => {
    expect(ThumbnailLocation.parse(location)).toBe(location);
  });
  it.each(["thumbnails", "https://somewhere"])("may not be %j", (location) => {
    expect(ThumbnailLocation.safeParse(location).success).toBe(false);
  });
});
