import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exportFile } from "./export-file.ts";
import type { ExportRow } from "./export-rows.ts";

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-script-"));
  root = join(folder, "it's $HOME");
  await mkdir(root);
});
afterEach(() => rm(folder, { recursive: true }));

const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");
const row = (
  path: string,
  decision: ExportRow["decision"],
  identity: string | null = sha256("picture"),
): ExportRow => ({
  group: 1,
  kind: "exact",
  ordinal: 7,
  path,
  decision,
  suggestion: "keep",
  distance: 0,
  width: null,
  height: null,
  bytes: 7,
  identity,
});

/** Runs the script over groups. */
const runScript = async (
  groups: readonly ExportRow[][],
  command: string[] = [],
  source: Source = directorySource(root),
) => {
  async function* stream() {
    yield* groups;
  }
  const script = await buffer(exportFile("sh", stream(), { name: "caf\u00e9\n", source }));
  await writeFile(join(folder, "export.sh"), script);
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile("sh", [join(folder, "export.sh"), ...command], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
};
const put = async (...names: string[]): Promise<void> => {
  for (const name of names) await writeFile(join(root, name), "picture");
};

it("names the files to remove below the folder, whatever their names are, and calls a command for each", async () => {
  const names = [`it's "b", $HOME \`x\`.jpg`, "-rf", "a\\nb\\c.jpg", "line\nbreak.jpg"];
  await put("keep.jpg", ...names);
  const groups = [[row("keep.jpg", "keep"), ...names.map((name) => row(name, "remove"))]];
  expect(await runScript(groups)).toEqual({ code: 0, stdout: names.map((name) => `./${name}\n`).join(""), stderr: "" });
  await runScript(groups, ["rm"]);
  for (const name of names) await expect(readFile(join(root, name))).rejects.toThrow("ENOENT");
  expect(await readFile(join(root, "keep.jpg"), "utf8")).toBe("picture");
});

it("leaves a file when no image that stays is as it was, at that moment", async () => {
  await put("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg");
  await writeFile(join(root, "changed.jpg"), "edited");
  await symlink("a.jpg", join(root, "link.jpg"));
  await link(join(root, "e.jpg"), join(root, "same.jpg"));
  const groups = [
    [row("gone.jpg", "keep"), row("a.jpg", "remove")],
    [row("changed.jpg", "keep"), row("b.jpg", "remove")],
    [row("link.jpg", "keep"), row("c.jpg", "remove")],
    [row("d.jpg", "remove")],
    [row("same.jpg", "keep"), row("e.jpg", "remove")],
    [row("f.jpg", "keep", null), row("g.jpg", "remove")],
    [row("a.jpg", "keep"), row("changed.jpg", "remove")],
    [row("gone.jpg", "keep"), row("a.jpg", "keep"), row("b.jpg", "remove")],
  ];
  const { code, stdout, stderr } = await runScript(groups);
  expect([code, stdout]).toEqual([1, "./b.jpg\n"]);
  expect(stderr.trim().split("\n")).toEqual([
    "left ./a.jpg: no image that stays is as it was",
    "left ./b.jpg: no image that stays is as it was",
    "left ./c.jpg: no image that stays is as it was",
    "left ./d.jpg: no image that stays was ever read",
    "left ./e.jpg: no image that stays is as it was",
    "left ./g.jpg: no image that stays was ever read",
    "left ./changed.jpg: it is not what was decided about",
  ]);
});

it("names the objects to remove by their addresses, after it has looked for those that stay", async () => {
  const source = Source.parse({ kind: "s3", bucket: "pictures", prefix: "2019/" });
  const groups = [
    [row("keep.jpg", "keep", '"etag"'), row("it's.jpg", "remove", '"etag"')],
    [row("gone.jpg", "keep", '"other"'), row("b.jpg", "remove", '"etag"')],
  ];
  await writeFile(join(folder, "aws"), '#!/bin/sh\n[ "$4" = pictures ] && [ "$8" = \'"etag"\' ]\n', { mode: 0o755 });
  expect(await runScript(groups, [], source)).toEqual({
    code: 1,
    stdout: "s3://pictures/2019/it's.jpg\n",
    stderr: "left s3://pictures/2019/b.jpg: no image that stays is as it was\n",
  });
});

it("has names as the bytes that they are", async () => {
  await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), "picture");
  await put("keep.jpg");
  const { stdout, code } = await runScript([[row("keep.jpg", "keep"), row("caf\udce9", "remove")]]);
  expect([code, stdout.startsWith("./caf")]).toEqual([0, true]);
});
