import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { z } from "zod";
import type { ExportRow, Layout } from "./export-rows.ts";
import { noFiles } from "./no-files.ts";
import { scriptLayout } from "./script.ts";

export const ExportFormat = z.enum(["csv", "ndjson", "sh", "tags"]);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const MEDIA_TYPE: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson",
  sh: "application/x-sh",
  tags: "text/csv; charset=utf-8",
};

type Catalog = Pick<CatalogRow, "name" | "source">;

/**
 * The rows of each group as a file; names are the bytes that they are on disk.
 * @throws HttpProblem 422 when the format is about files that the catalog's source does not have
 */
export const exportFile = (
  format: ExportFormat,
  groups: AsyncIterable<readonly ExportRow[]>,
  catalog: Catalog,
): AsyncGenerator<Buffer> => writeGroups(layoutOf(format, catalog), groups);

async function* writeGroups(
  { head, linesOf, tail = "" }: Layout,
  groups: AsyncIterable<readonly ExportRow[]>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for await (const group of groups) for (const line of linesOf(group)) yield bytesOfName(`${line}\n`);
  yield Buffer.from(tail);
}

const layoutOf = (format: ExportFormat, catalog: Catalog): Layout => {
  switch (format) {
    case "csv":
      return csv;
    case "ndjson":
      return { head: "", linesOf: (group) => group.map(({ identity: _, ...row }) => JSON.stringify(row)) };
    case "sh":
      return scriptLayout(catalog);
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
  linesOf: (group) => group.map((row) => COLUMNS.map((column) => field(row[column])).join(",")),
};

/** For `exiftool -csv=FILE`, which writes digiKam's tags list into files on a disk. */
const tags = ({ source }: Catalog): Layout => {
  switch (source.kind) {
    case "directory":
      return {
        head: "SourceFile,XMP-digiKam:TagsList\n",
        linesOf: (group) =>
          group.flatMap(({ decision, path }) =>
            decision === null ? [] : `${field(`${source.root}/${path}`)},${field(`Lookalike/${TAGS[decision]}`)}`,
          ),
      };
    case "s3":
      throw noFiles("tags", "is in S3, and tags are written into files on a disk. Use csv, ndjson or sh.");
    case "hashes":
      throw noFiles("tags", "is of hashes, which have no files. Use csv or ndjson.");
  }
};

const TAGS = { keep: "Keep", remove: "Remove", "not-duplicates": "Not duplicates" } as const;

/**
 * What a spreadsheet would calculate, also after characters that it skips, and with the wide signs of East Asian keyboards: with
 * an apostrophe before it, it is text.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^(?:[\t\r\n]|[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/u;

/** A field of a line, as RFC 4180 has it; quoted also where a spreadsheet of another language would begin the next cell. */
const field = (value: string | number | null): string => {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value ?? "");
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
