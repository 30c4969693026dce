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
  thumbnails = createThumbnails(join(folder, "kept"), createLogger("test", "silent"));
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
const kept = async (): Promise<string[]> => readdir(join(folder, "kept/catalog")).catch(() => []);

describe("a thumbnail", () => {
  it("is made once, and kept under a name that changes with its file", async () => {
    const red = await paint("red");
    const made = await small(red);
    expect(await sharp(made).metadata()).toMatchObject({ format: "webp", width: 320, height: 240 });
    await expect.poll(kept).toEqual([expect.stringMatching(/^7-[0-9a-f]{16}-small\.webp$/)]);
    await writeFile(join(folder, "kept/catalog", (await kept())[0] ?? ""), "from the shelf");
    expect((await small(red)).toString()).toBe("from the shelf");
    const green = await small(await paint("green"));
    expect((await sharp(green).metadata()).format).toBe("webp");
    await expect.poll(kept).toHaveLength(2);
  });

  it("is given also where it can't be kept", async () => {
    await writeFile(join(folder, "kept"), "a file, no folder");
    expect((await sharp(await small(await paint("red"))).metadata()).format).toBe("webp");
  });
});

describe("the place for thumbnails", () => {
  it.each(["", "/var/cache/lookalike", "s3://bucket/prefix"])("may be %j", (place) => {
    expect(ThumbnailLocation.parse(place)).toBe(place);
  });
  it.each(["thumbnails", "https://somewhere"])("may not be %j", (place) => {
    expect(ThumbnailLocation.safeParse(place).success).toBe(false);
  });
});
