import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { ListingMark } from "@lookalike/shared/domain/image/listing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { walkHashes } from "./hashes.ts";
import { ListingError } from "./walk.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const line = (id: string, hash = "0123456789abcdef"): string => `${JSON.stringify({ id, hash })}\n`;

const catalog = { end: 2, images: 2 };

const walk = async (file: string, mark: ListingMark | null = null, now = catalog) => {
  const walked = await walkHashes(
    { kind: "hashes", file: join(folder, file) },
    { root: folder, below: file },
    { mark, ...now },
  );
  const found: string[] = [];
  for await (const part of walked.parts)
    for (const { path, failure } of part) found.push(failure === null ? path : `${path} ${failure.reason}`);
  return { found, isResumed: walked.isResumed, mark: walked.mark(catalog) };
};
const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
const grow = (file: string, text: string): Promise<void> => appendFile(join(folder, file), text);

it("a file that has only grown is read from the end of the last walk", async () => {
  await write("grows", line("a") + line("b"));
  const first = await walk("grows");
  expect(first).toMatchObject({ found: ["a", "b"], isResumed: false });
  expect(await walk("grows", first.mark)).toEqual({ found: [], isResumed: true, mark: first.mark });
  await grow("grows", `no json\n${line("c")}${line("c")}${line("long", "0".repeat(64))}`);
  const second = await walk("grows", first.mark);
  expect(second).toMatchObject({
    found: ["line 3 bad-line", "c", "line 5 duplicate-id", "line 6 bad-line"],
    isResumed: true,
  });
  expect(second.mark).toEqual((await walk("grows")).mark);
});

it.each([
  ["another", line("a") + line("B") + line("c")],
  ["a shorter", line("a")],
  ["an empty", ""],
])("%s file is read from its start", async (name, text) => {
  await write(name, line("a") + line("b"));
  const { mark } = await walk(name);
  await write(name, text);
  const again = await walk(name, mark);
  expect(again).toEqual({ ...(await walk(name)), isResumed: false });
});

it.each([
  ["has gained", { end: 3, images: 3 }],
  ["has lost", { end: 2, images: 1 }],
])("a file is read from its start where the catalog %s an image since the mark", async (_, now) => {
  await write("unchanged", line("a") + line("b"));
  const { mark } = await walk("unchanged");
  expect(await walk("unchanged", mark, now)).toMatchObject({ found: ["a", "b"], isResumed: false });
});

it("a file whose last line may still grow is read from its start the next time", async () => {
  await write("half", line("a") + line("b").trimEnd());
  const { found, mark } = await walk("half");
  expect([found, mark]).toEqual([["a", "b"], null]);
});

it("a failed line has a name of its own, also where an id is the same as that name", async () => {
  await write("names", `${line("line 2")}no json\n`);
  expect((await walk("names")).found).toEqual(["line 2", "line 2' bad-line"]);
});

it("a missing file and a folder are no sources", async () => {
  await expect(walk("missing")).rejects.toThrow(ListingError);
  await mkdir(join(folder, "in"));
  await expect(walk("in")).rejects.toThrow("in: not a file");
});

it("what a bad line says is repeated nowhere", async () => {
  const secrets = [
    "root:x:0:0:secret",
    '{"id":"secret"}',
    '{"secret":1,"id":"a","hash":"secret"}',
    '["secret"]',
    '"secret"',
    "x".repeat(70_000),
  ];
  await write("secret", `${line("secret")}${line("secret")}${secrets.join("\n")}`);
  const walked = await walkHashes(
    { kind: "hashes", file: join(folder, "secret") },
    { root: folder, below: "secret" },
    null,
  );
  const failed: FoundImage[] = [];
  for await (const part of walked.parts) failed.push(...part.filter(({ failure }) => failure !== null));
  expect(failed.map(({ path }) => path)).toEqual([
    "line 2",
    "line 3",
    "line 4",
    "line 5",
    "line 6",
    "line 7",
    "line 8",
  ]);
  expect(JSON.stringify(failed)).not.toContain("secret");
});

it("ids that differ only in half a surrogate pair are the same", async () => {
  const half = (digit: string): string => `{"id":"a\\ud80${digit}","hash":"0123456789abcdef"}\n`;
  await write("surrogates", half("0") + half("1") + line("b"));
  expect((await walk("surrogates")).found).toEqual(["a\ufffd", "line 2 duplicate-id", "b"]);
});

it("lines are complete wherever two reads divide them; a line that is too long is a failed line", async () => {
  const ids = Array.from({ length: 9_000 }, (_, at) => `\u2028\u00e9${at}${"x".repeat(at % 300)}`);
  const long = `{"id":"${"y".repeat(1_500_000)}","hash":"0123456789abcdef"}\n`;
  const lines = ids.map((id) => line(id));
  lines.splice(4_000, 0, long);
  await write("cut", lines.join("").replaceAll("\n", "\r\n"));
  const { found } = await walk("cut");
  expect(found.length).toBe(9_001);
  expect(found.filter((name) => name.includes("bad-line"))).toEqual(["line 4001 bad-line"]);
  expect(found.filter((name) => !name.includes("bad-line"))).toEqual(ids);
});
