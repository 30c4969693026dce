import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { createLogger } from "@lookalike/shared/runtime/log";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { pathOfPlace } from "@lookalike/shared/sources/source-roots";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Decoders } from "../decode/decoders.ts";
import { thumbnailOf } from "../decode/thumbnail.ts";
import { createSpool } from "../spool/spool.ts";
import { picturesIn } from "./picture.ts";
import { createThumbnails } from "./thumbnails.ts";

/** In this process, since the processes that decode are built ones. */
const decodeHere: Decoders["thumbnail"] = async (file, size) => {
  if (typeof file === "string") throw new Error("not stored by a request");
  return thumbnailOf(await readFile(join(pathOfPlace(file.root), file.path)), size);
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-thumbnails-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("other users of the machine can't read thumbnails, whatever the umask is", async () => {
  const root = join(folder, "pictures");
  await mkdir(root);
  await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toFile(join(root, "a.png"));
  const fingerprint = fingerprintOf(await stat(join(root, "a.png"), { bigint: true }));
  const image = { ordinal: 0, path: "a.png", fingerprint } as CatalogImage;
  const location = join(folder, "thumbnails");
  const allowed = { roots: [{ tenant: "tenant", root }], buckets: [] };
  const umask = process.umask(0);
  try {
    const thumbnails = createThumbnails(
      location,
      { decoders: { thumbnail: decodeHere }, spool: createSpool(folder), picturesOf: picturesIn(allowed) },
      createLogger("test", "silent"),
    );
    await thumbnails.read(
      { id: "catalog", tenant: "tenant", source: directorySource(root) } as CatalogRow,
      image,
      "small",
    );
    await expect
      .poll(() => readdir(join(location, "catalog")).catch(() => []))
      .toEqual([expect.stringMatching(/\.webp$/)]);
  } finally {
    process.umask(umask);
  }
  for (const path of ["", ...(await readdir(location, { recursive: true }))])
    expect([path, (await lstat(join(location, path))).mode & 0o077]).toEqual([path, 0]);
});
