import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { ROOT } from "../support/folders.ts";
import { groupsOf } from "../support/groups.ts";
import { WITH_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";

let system: RunningSystem;
beforeAll(async () => {
  system = await sharedSystem();
});

it.each(["drawn.heic", "drawn.jxl"])("%s is grouped with its JPEG, and shown", async (fixture) => {
  const folder = system.path(fixture);
  await mkdir(folder);
  await cp(join(ROOT, "test/fixtures", fixture), join(folder, "IMG_1.original"));
  const source = directorySource(folder);
  const alone = await system.run(source, {}, fixture);
  expect(alone).toMatchObject({ state: "completed", totalImages: 1, failedImages: 0 });
  const thumbnail = async () => {
    const catalog = await system.client.openCatalog(fixture, source);
    return fetch(`${system.address}/v1/catalogs/${catalog}/images/0/thumbnail?size=large`, { headers: WITH_KEY });
  };
  const shown = Buffer.from(await (await thumbnail()).arrayBuffer());
  expect(await sharp(shown).metadata()).toMatchObject({ format: "webp", width: 640, height: 480 });

  await sharp(shown).jpeg({ quality: 85 }).toFile(join(folder, "IMG_1.JPG"));
  const both = await system.run(source, {}, fixture);
  const groups = await groupsOf(system.client, both.id);
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatch(/IMG_1\.original.*IMG_1\.JPG|IMG_1\.JPG.*IMG_1\.original/);
});
