import { closeSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canExchange, whileExchanging } from "../../../../test/support/exchange.ts";
import {
  namesOfPath,
  openFileBelow,
  openFileBelowSync,
  openOrCreateBelow,
  openRoot,
  withPlace,
} from "./folder-handle.ts";

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-handles-"));
  root = join(folder, "root");
  await mkdir(join(root, "in/deep"), { recursive: true });
  await mkdir(join(folder, "outside/deep"), { recursive: true });
  await writeFile(join(root, "in/deep/a.jpg"), "inside");
  await writeFile(join(folder, "outside/deep/a.jpg"), "secret");
});
afterEach(() => rm(folder, { recursive: true }));

const place = () => ({ root, below: "" });
const read = async (path: string): Promise<string> => {
  const file = await openFileBelow(place(), Buffer.from(path));
  return file.readFile("utf8").finally(() => file.close());
};
const readSync = async (path: string): Promise<string> => {
  const file = openFileBelowSync(place(), Buffer.from(path));
  const text = readFileSync(file, "utf8");
  closeSync(file);
  return text;
};

it.each(["", "/", "/etc/passwd", "in//a", "in/", "./a", "../a", "in/../a", "in/..", "a\0b"])(
  "the path %j could lead elsewhere, and names nothing",
  async (path) => {
    expect(namesOfPath(Buffer.from(path))).toBeNull();
    await expect(read(path)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(readSync(path)).rejects.toMatchObject({ code: "EINVAL" });
  },
);

it("a path is names of any bytes, dots and spaces", () => {
  const path = Buffer.from([0x2e, 0x2e, 0x2e, 0x2f, 0xff, 0x20]);
  expect(namesOfPath(path)).toEqual([Buffer.from("..."), Buffer.from([0xff, 0x20])]);
});

it("a link is followed only where it is the root", async () => {
  await symlink(root, join(folder, "linked-root"));
  await symlink("in", join(root, "link"));
  await symlink("a.jpg", join(root, "in/deep/link.jpg"));
  for (const reader of [read, readSync]) {
    expect(await reader("in/deep/a.jpg")).toBe("inside");
    for (const path of ["link/deep/a.jpg", "in/deep/link.jpg"])
      await expect(reader(path)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(reader("in/none/a.jpg")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(reader("in/deep/a.jpg/b")).rejects.toMatchObject({ code: "ENOTDIR" });
  }
});

describe.skipIf(!canExchange)("while a folder and a link out of the root are exchanged", () => {
  it("nothing outside is read or created", { timeout: 60_000 }, async () => {
    await symlink(join(folder, "outside"), join(root, "link"));
    const counts = { inside: 0, refused: 0, created: 0 };
    const opened = await openRoot(place());
    await whileExchanging(join(root, "in"), join(root, "link"), async () => {
      for (let round = 0; round < 200; round += 1) {
        for (const reader of [read, readSync]) {
          const text = await reader("in/deep/a.jpg").catch(({ code }) => code);
          expect(["inside", "ELOOP"]).toContain(text);
          counts[text === "inside" ? "inside" : "refused"] += 1;
        }
        const path = Buffer.from(`in/new-${round}/a.jpg`);
        const step = (above: Parameters<typeof openOrCreateBelow>[0], name: Buffer) =>
          openOrCreateBelow(above, name, { mode: 0o700, uid: 0, gid: 0 });
        const create = withPlace(opened, path, async () => undefined, step);
        counts.created += await create.then(
          () => 1,
          () => 0,
        );
      }
    });
    await opened.handle.close();
    expect(await readdir(join(folder, "outside"))).toEqual(["deep"]);
    expect(counts.inside, JSON.stringify(counts)).toBeGreaterThan(0);
    expect(counts.refused, JSON.stringify(counts)).toBeGreaterThan(0);
  });
});
