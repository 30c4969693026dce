import { buffer } from "node:stream/consumers";
import { Source } from "@lookalike/shared/domain/job/source";
import { describe, expect, it } from "vitest";
import { HttpProblem } from "../http/problems.ts";
import { ExportFormat, exportFile } from "./export-file.ts";
import type { ExportRow } from "./export-rows.ts";

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
  identity: null,
});
const ROWS = [
  row("a.jpg", "keep"),
  row(`it's "b", $HOME.jpg`, "remove"),
  row("c.jpg", "not-duplicates"),
  row("d", null),
];

/** As one group. */
async function* stream(rows: readonly ExportRow[]): AsyncGenerator<readonly ExportRow[]> {
  yield rows;
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
    expect(lines.map((line) => JSON.parse(line))).toEqual(ROWS.map(({ identity: _, ...fields }) => fields));
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

it.each(["csv", "tags"] as const)("%s has no cell that a spreadsheet would calculate", async (format) => {
  const names = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "a;=1",
    'a"=1',
    " =1",
    "\u00a0+1",
    "\ufeff@A1",
    "\u200b\u202e-1",
    "\uff1d1",
    "\uff0b1",
    "\u0000=1",
  ];
  const source = Source.parse({ kind: "directory", root: "/pictures" });
  const text = (
    await exported(
      format,
      source,
      names.map((name) => row(name, "remove")),
    )
  ).toString();
  const cells = [...text.matchAll(/(?:^|[,\n])(?:"((?:[^"]|"")*)"|([^",\n]*))/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  expect(cells.filter((cell) => /^[\s\p{C}]*[=+\-@\t\r\uff1d\uff0b]/u.test(cell))).toEqual([]);
  expect(cells.filter((cell) => cell.includes(";"))).toHaveLength(1);
  // A spreadsheet may take a semicolon for the end of a cell, unless the cell is quoted.
  expect(text).toMatch(/"[^"\n]*a;=1"/);
});

it.each(["sh", "tags"] as const)("given hashes with ids like paths are in no %s", (format) => {
  const rows = stream([row("/etc/passwd", "remove"), row("../../x", "keep")]);
  expect(() => exportFile(format, rows, { name: "", source: SOURCES.hashes })).toThrow(HttpProblem);
});
