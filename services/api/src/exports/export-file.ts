import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { z } from "zod";
import { HttpProblem } from "../http/problems.ts";
import type { Decision } from "../resources/decision.ts";
import type { Group } from "../resources/group.ts";

export const ExportFormat = z.enum(["csv", "ndjson", "sh", "tags"]);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const MEDIA_TYPE: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson",
  sh: "application/x-sh",
  tags: "text/csv; charset=utf-8",
};

/** What is exported of a grouped image; its decision is null while nobody has decided. */
export type ExportRow = ReturnType<typeof exportRows>[number];

export const exportRows = ({ number, kind, keeper, decision, members }: z.infer<typeof Group>) =>
  members.map(({ ordinal, path, distance, width = null, height = null, bytes = null }) => ({
    group: number,
    kind,
    ordinal,
    path,
    decision: decision === null ? null : decisionAbout(decision, ordinal),
    suggestion: ordinal === keeper ? ("keep" as const) : ("remove" as const),
    distance,
    width,
    height,
    bytes,
  }));

/** What a group's decision says about one of its images. */
const decisionAbout = ({ verdict, keep }: z.infer<typeof Decision>, ordinal: number) => {
  if (verdict !== "keep") return "not-duplicates" as const;
  return keep.includes(ordinal) ? ("keep" as const) : ("remove" as const);
};

type Catalog = Pick<CatalogRow, "name" | "source">;

/** How rows become the lines of a file. */
interface Layout {
  readonly head: string;
  /** Null for a row that has no line. */
  lineOf(row: ExportRow): string | null;
}

/**
 * The rows as a file; names are the bytes that they are on disk.
 * @throws HttpProblem 422 when the format is about files that the catalog's source does not have
 */
export const exportFile = (
  format: ExportFormat,
  rows: AsyncIterable<ExportRow>,
  catalog: Catalog,
): AsyncGenerator<Buffer> => writeRows(layoutOf(format, catalog), rows);

async function* writeRows({ head, lineOf }: Layout, rows: AsyncIterable<ExportRow>): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for await (const row of rows) {
    const line = lineOf(row);
    if (line !== null) yield Buffer.from(bytesOfName(`${line}\n`));
  }
}

const layoutOf = (format: ExportFormat, catalog: Catalog): Layout => {
  switch (format) {
    case "csv":
      return csv;
    case "ndjson":
      return { head: "", lineOf: (row) => JSON.stringify(row) };
    case "sh":
      return script(catalog);
    case "tags":
      return tags(catalog);
  }
};

const COLUMNS = [
  "group",
  "kind",
  "decision",
  "suggestion",
  "path",
  "distance",
  "width",
  "height",
  "bytes",
  "ordinal",
] as const;

const csv: Layout = {
  head: `${COLUMNS.join(",")}\n`,
  lineOf: (row) => COLUMNS.map((column) => field(row[column])).join(","),
};

/** A shell script over the images to remove: by paths below a folder that it enters, or by the addresses of objects. */
const script = ({ name, source }: Catalog): Layout => {
  switch (source.kind) {
    case "directory":
      return {
        head: `${scriptHead(name, "mv -n -t /some/folder")}cd -- ${quoted(source.root)}\n`,
        // A path that begins with ./ is never read as an option.
        lineOf: (row) => scriptLine(row, `./${row.path}`),
      };
    case "s3":
      return {
        head: scriptHead(name, "aws s3 rm"),
        lineOf: (row) => scriptLine(row, `s3://${source.bucket}/${source.prefix}${row.path}`),
      };
    case "hashes":
      throw noFiles("sh", "is of hashes, which have no files. Use csv or ndjson.");
  }
};

const scriptHead = (catalog: string, example: string): string => `#!/bin/sh
# Lookalike: the files of catalog ${catalog.replace(/[^\x20-\x7e]/g, "?")} that were decided to go.
# Only says what it would do, unless you give it a command for each file:
#   sh FILE '${example}'
set -eu
act=\${1:-echo}
`;

const scriptLine = ({ decision }: ExportRow, name: string): string | null =>
  decision === "remove" ? `$act ${quoted(name)}` : null;

/** For `exiftool -csv=FILE`, which writes digiKam's tags list into files on a disk. */
const tags = ({ source }: Catalog): Layout => {
  switch (source.kind) {
    case "directory":
      return {
        head: "SourceFile,XMP-digiKam:TagsList\n",
        lineOf: ({ decision, path }) =>
          decision === null ? null : `${field(`${source.root}/${path}`)},${field(`Lookalike/${TAGS[decision]}`)}`,
      };
    case "s3":
      throw noFiles("tags", "is in S3, and tags are written into files on a disk. Use csv, ndjson or sh.");
    case "hashes":
      throw noFiles("tags", "is of hashes, which have no files. Use csv or ndjson.");
  }
};

const TAGS = { keep: "Keep", remove: "Remove", "not-duplicates": "Not duplicates" } as const;

const noFiles = (format: ExportFormat, reason: string): HttpProblem =>
  new HttpProblem(422, "format-unsuited", `Format ${format} needs files: this catalog ${reason}`);

/** A field of a line, as RFC 4180 has it. */
const field = (value: string | number | null): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One word for any POSIX shell: between single quotes, only the quote itself is special. */
const quoted = (name: string): string => `'${name.replaceAll("'", `'\\''`)}'`;
