import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  link,
  lstat,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Folder, openRoot } from "@lookalike/shared/sources/folder-handle";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { areInstalled } from "../../../../test/support/installed.ts";
import { attributesOf, setModified } from "./copy-file.ts";
import { type Move, moveFile } from "./move-file.ts";

/** Memory that looks like a disk: on Linux a volume of its own. */
const OTHER_VOLUME = "/dev/shm";
const CONTENT = "a picture";
const digest = (content: string): string => createHash("sha256").update(content).digest("hex");
/** Nanoseconds that no double can hold. */
const TAKEN_NS = "1580608922123456789";
const LONGEST = `${"x".repeat(251)}.jpg`;
const nothing = async (): Promise<void> => undefined;

const volumeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ dev }) => dev,
    () => null,
  );
const [here, there] = [await volumeOf(tmpdir()), await volumeOf(OTHER_VOLUME)];
const hasTwoVolumes = there !== null && there !== here;
const hasAttributes = process.platform === "linux" && areInstalled(["python3"], "apt-get install python3");

const attribute = (call: string, file: string): string =>
  execFileSync("python3", ["-c", `import os,sys; print(${call})`, file], { encoding: "utf8" }).trim();

describe.each([
  ["the same disk", tmpdir(), true],
  ["another disk", OTHER_VOLUME, hasTwoVolumes],
])("a file moved to %s", (_disk, place, isPossible) => {
  const testIt = it.skipIf(!isPossible);
  let from: Folder;
  let to: Folder;
  let source: string;
  let target: string;
  beforeEach(async () => {
    if (!isPossible) return;
    source = await mkdtemp(join(tmpdir(), "lookalike-move-"));
    target = await mkdtemp(join(place, "lookalike-move-"));
    [from, to] = [await openRoot({ root: source, below: "" }), await openRoot({ root: target, below: "" })];
    await add("picture.jpg");
  });
  afterEach(async () => {
    if (!isPossible) return;
    for (const { handle } of [from, to]) await handle.close();
    for (const folder of [source, target]) await rm(folder, { recursive: true });
  });
  const add = async (name: string): Promise<void> => {
    await writeFile(join(source, name), CONTENT);
    await chmod(join(source, name), 0o640);
    const file = await open(join(source, name), "r+");
    await setModified(file, TAKEN_NS).finally(() => file.close());
  };
  const move = (name = "picture.jpg", change: Partial<Move> = {}, verify = nothing): Promise<number> =>
    moveFile(
      {
        from: { folder: from, name: Buffer.from(name) },
        to: { folder: to, name: Buffer.from(name) },
        sha256: digest(CONTENT),
        spareName: Buffer.from(".spare"),
        attributes: null,
        twin: null,
        requireHeld: nothing,
        ...change,
      },
      verify,
    );
  const names = async () => [await readdir(source), await readdir(target)];

  testIt("has its content, mode and time to the nanosecond, and no longer its old name", async () => {
    const before = attributesOf(await lstat(join(source, "picture.jpg"), { bigint: true }));
    const { blocks } = await lstat(join(source, "picture.jpg"));
    expect(await move()).toBe(place === OTHER_VOLUME ? blocks * 512 : 0);
    expect(await readFile(join(target, "picture.jpg"), "utf8")).toBe(CONTENT);
    expect(attributesOf(await lstat(join(target, "picture.jpg"), { bigint: true }))).toEqual(before);
    expect(before.mtimeNs).toBe(TAKEN_NS);
    expect(await names()).toEqual([[], ["picture.jpg"]]);
  });

  testIt("may have the longest name that there is", async () => {
    await add(LONGEST);
    await move(LONGEST);
    expect(await names()).toEqual([["picture.jpg"], [LONGEST]]);
  });

  it.skipIf(!isPossible || !hasAttributes)("has its extended attributes", async (context) => {
    try {
      attribute("os.setxattr(sys.argv[1], 'user.rating', b'5')", join(source, "picture.jpg"));
    } catch {
      context.skip();
    }
    const moved = await move().catch(({ message }) => message);
    if (typeof moved === "number")
      expect(attribute("os.getxattr(sys.argv[1], 'user.rating')", join(target, "picture.jpg"))).toBe("b'5'");
    else {
      // A disk that can't hold them gets no file.
      expect(moved).toMatch(/^it can't be copied as it is: .*not supported/i);
      expect(await names()).toEqual([["picture.jpg"], []]);
    }
  });

  testIt("replaces nothing that has its name", async () => {
    await writeFile(join(target, "picture.jpg"), "another");
    await expect(move()).rejects.toThrow("there is another file under that name");
    await symlink("elsewhere", join(target, "link.jpg"));
    await rename(join(source, "picture.jpg"), join(source, "link.jpg"));
    await expect(move("link.jpg")).rejects.toThrow("there is another file under that name");
    expect(await readFile(join(source, "link.jpg"), "utf8")).toBe(CONTENT);
    expect((await names())[0]).toEqual(["link.jpg"]);
  });

  testIt("stays where it is when its bytes are not the expected ones, or it must not go", async () => {
    await expect(move("picture.jpg", { sha256: digest("other") })).rejects.toThrow("not the ones that were read");
    const refuse = () => Promise.reject(new Error("no keeper"));
    await expect(move("picture.jpg", {}, refuse)).rejects.toThrow("no keeper");
    expect(await names()).toEqual([["picture.jpg"], []]);
  });

  testIt("is not followed where it is a link", async () => {
    await rename(join(source, "picture.jpg"), join(source, "real.jpg"));
    await symlink("real.jpg", join(source, "picture.jpg"));
    await expect(move()).rejects.toMatchObject({ code: "ELOOP" });
    expect(await names()).toEqual([["picture.jpg", "real.jpg"], []]);
  });

  testIt("leaves another file that takes its name in the meantime", async () => {
    const saveAnother = async (): Promise<void> => {
      await writeFile(join(source, "new"), "edited");
      await rename(join(source, "new"), join(source, "picture.jpg"));
    };
    await expect(move("picture.jpg", {}, saveAnother)).rejects.toThrow(/while it was moved/);
    expect(await readFile(join(source, "picture.jpg"), "utf8")).toBe("edited");
    expect((await names())[0]).toEqual(["picture.jpg"]);
  });

  testIt("stays when it is changed in place in the meantime", async () => {
    const edit = () => writeFile(join(source, "picture.jpg"), "edited");
    await expect(move("picture.jpg", {}, edit)).rejects.toThrow(/changed while it was moved|copy is not the same/);
    expect(await readFile(join(source, "picture.jpg"), "utf8")).toBe("edited");
    expect(await names()).toEqual([["picture.jpg"], []]);
  });

  testIt("is moved to its end after a crash in each step", async () => {
    const paths = [join(source, "picture.jpg"), join(target, "picture.jpg")] as const;
    await link(paths[0], join(source, ".spare.aside"));
    await rm(paths[0]);
    await writeFile(join(target, ".spare.part"), "half");
    await move();
    expect(await names()).toEqual([[], ["picture.jpg"]]);
    // Both names were there: of one file, or of a file and its copy.
    await writeFile(paths[0], CONTENT);
    await utimes(paths[0], 1, 1);
    await move();
    expect(await names()).toEqual([[], ["picture.jpg"]]);
  });

  testIt("comes back as its list says, and stays one file with its other names", async () => {
    await link(join(source, "picture.jpg"), join(source, "twin.jpg"));
    const before = await lstat(join(source, "picture.jpg"), { bigint: true });
    const attributes = attributesOf(before);
    await move("picture.jpg", { attributes });
    await move("twin.jpg", { attributes, twin: { folder: to, name: Buffer.from("picture.jpg") } });
    const moved = await Promise.all(
      ["picture.jpg", "twin.jpg"].map((name) => lstat(join(target, name), { bigint: true })),
    );
    expect(moved.map(attributesOf)).toEqual([attributes, attributes]);
    expect(new Set(moved.map(({ ino }) => ino)).size).toBe(1);
    expect(await names()).toEqual([[], ["picture.jpg", "twin.jpg"]]);
  });
});
