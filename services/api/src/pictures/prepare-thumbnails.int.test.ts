import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { createLogger } from "@lookalike/shared/runtime/log";
import sharp from "sharp";
import { expect, it } from "vitest";
import { connectTo } from "../../../../test/support/servers.ts";
import { sharedSystem } from "../../../../test/support/shared-system.ts";
import { until } from "../../../../test/support/until.ts";
import { notDecoded } from "../decode/decoders.ts";
import { startPreparing } from "./prepare-thumbnails.ts";

it("stores thumbnails of undecided groups, the largest first, once for each result, and goes on after a picture that can't be shown", async () => {
  const system = await sharedSystem();
  const folder = system.path("prepared");
  await mkdir(folder);
  const paint = async (name: string, from: string, to: string, side: number) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="${from}"/><circle cx="30%" cy="40%" r="25%" fill="${to}"/></svg>`;
    const bytes = await sharp(Buffer.from(svg)).png({ compressionLevel: 0 }).toBuffer();
    await writeFile(join(folder, name), bytes);
  };
  for (const copy of ["a", "b"]) {
    await paint(`1-small-${copy}.png`, "red", "blue", 64);
    await paint(`2-large-${copy}.png`, "white", "green", 256);
  }
  await paint("3-alone.png", "black", "yellow", 128);
  const name = "prepared thumbnails";
  await system.run(directorySource(folder), {}, name);
  const catalog = await system.client.openCatalog(name, directorySource(folder));
  const { store, close } = await connectTo(system.environment);
  const prepareAll = async (maxGroups: number): Promise<string[]> => {
    const prepared: string[] = [];
    const { stop } = startPreparing(
      store.tenants,
      async ({ id }, { path }, size) => {
        if (id !== catalog) return;
        prepared.push(`${path} ${size}`);
        if (path === "2-large-a.png") throw notDecoded("it is damaged");
      },
      maxGroups,
      createLogger("test", "silent"),
    );
    await until(async () =>
      prepared.some((line) => line.startsWith(maxGroups === 1 ? "2-large-b.png small" : "1-small-b.png small")),
    );
    await stop();
    return prepared;
  };
  const large = ["2-large-a.png large", "2-large-b.png large", "2-large-b.png small"];
  const small = ["1-small-a.png", "1-small-b.png"].flatMap((path) => [`${path} large`, `${path} small`]);
  expect(await prepareAll(1)).toEqual(large);
  expect((await prepareAll(100)).toSorted()).toEqual([...large, ...small].toSorted());
  await close();
});
