import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { Source } from "@lookalike/shared/domain/job/source";
import { describe, expect, it } from "vitest";
import { HttpProblem } from "../http/problems.ts";
import { ExportFormat, type ExportRow, exportFile } from "./export-file.ts";

const run = promisify(execFile);

const SOURCES: Record<Source["kind"], Source> = {
  directory: Source.parse({ kind: "directory", root: "/" }),
  s3: Source.parse({ kind: "s3", bucket: "pictures", prefix: "2019/" }),
  hashes: Source.parse({ kind: "hashes", file: "/hashes.ndjson" }),
};

const row = (path: string, decision: ExportRow["decision"]): ExportRow => ({
  group: 1,
  kind: "exact",
  ordinal: 7,
  path,
  decision,
  suggestion: "keep",
  distance: 0,
  width: null,
  height: 3,
  bytes: 1_000,
});
const ROWS = [
  row("a.jpg", "keep"),
  row(`it's "b", $HOME.jpg`, "remove"),
  row("c.jpg", "not-duplicates"),
  row("d", null),
];

async function* stream(rows: readonly ExportRow[]): AsyncGenerator<ExportRow> {
  yield* rows;
}
const exported = async (format: ExportFormat, source: Source, rows = ROWS): Promise<Buffer> =>
  buffer(exportFile(format, stream(rows), { name: "caf\u00e9\n", source }));

const isUnsuited = (format: ExportFormat, kind: Source["kind"]): boolean =>
  (format === "sh" && kind === "hashes") || (format === "tags" && kind !== "directory");

describe.each(Object.values(SOURCES))("the images of a catalog of $kind", (source) => {
  it.each(ExportFormat.options)("as %s: a file, or a problem that says which formats there are", async (format) => {
    if (!isUnsuited(format, source.kind)) expect((await exported(format, source)).length).toBeGreaterThan(0);
    else
      expect(() => exportFile(format, stream(ROWS), { name: "", source })).toThrow(
        expect.objectContaining({ status: 422, message: expect.stringMatching(/Use csv,? (or|ndjson)/) }),
      );
  });

  it("as csv and ndjson have every row, whatever the source", async () => {
    expect((await exported("csv", source)).toString()).toBe(
      `group,kind,decision,suggestion,path,distance,width,height,bytes,ordinal
1,exact,keep,keep,a.jpg,0,,3,1000,7
1,exact,remove,keep,"it's ""b"", $HOME.jpg",0,,3,1000,7
1,exact,not-duplicates,keep,c.jpg,0,,3,1000,7
1,exact,,keep,d,0,,3,1000,7
`,
    );
    const lines = (await exported("ndjson", source)).toString().trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(ROWS);
  });
});

describe("a script", () => {
  const outputOf = async (script: Buffer): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-export-"));
    await writeFile(join(folder, "export.sh"), script);
    const { stdout } = await run("sh", [join(folder, "export.sh")]);
    await rm(folder, { recursive: true });
    return stdout;
  };

  it("names the files to remove below the folder", async () => {
    expect(await outputOf(await exported("sh", SOURCES.directory))).toBe(`./it's "b", $HOME.jpg\n`);
  });
  it("names the objects to remove by their addresses, in no folder", async () => {
    const script = await exported("sh", SOURCES.s3);
    expect(await outputOf(script)).toBe(`s3://pictures/2019/it's "b", $HOME.jpg\n`);
    expect(script.toString()).toContain("sh FILE 'aws s3 rm'");
    expect(script.toString()).not.toContain("cd --");
  });
  it("has names as the bytes that they are", async () => {
    const bytes = await exported("sh", SOURCES.directory, [row("caf\udce9.jpg", "remove")]);
    expect(bytes.includes(Buffer.from([0x63, 0x61, 0x66, 0xe9]))).toBe(true);
  });
});

it("tags are for the decided files, by their whole names", async () => {
  const source = Source.parse({ kind: "directory", root: "/pictures" });
  expect((await exported("tags", source)).toString()).toBe(`SourceFile,XMP-digiKam:TagsList
/pictures/a.jpg,Lookalike/Keep
"/pictures/it's ""b"", $HOME.jpg",Lookalike/Remove
/pictures/c.jpg,Lookalike/Not duplicates
`);
});

it("a format that is unsuited is refused before anything is written", () => {
  expect(() => exportFile("sh", stream([]), { name: "", source: SOURCES.hashes })).toThrow(HttpProblem);
});
