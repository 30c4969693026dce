import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import type { Db } from "@lookalike/shared/store/open";
import { EVERY_GROUP, type GroupsOf, listGroups } from "@lookalike/shared/store/results/groups";
import { z } from "zod";
import { type Group, groupResources } from "../resources/group.ts";

export const ExportFormat = z.enum(["csv", "ndjson", "sh", "tags"]);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const MEDIA_TYPE: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson",
  sh: "application/x-sh",
  tags: "text/csv; charset=utf-8",
};

/** What is exported of a grouped image. */
export interface ExportRow {
  readonly group: number;
  readonly kind: string;
  readonly ordinal: number;
  readonly path: string;
  /** What was decided; null = nothing yet. */
  readonly decision: "keep" | "remove" | "not-duplicates" | null;
  readonly suggestion: "keep" | "remove";
  readonly distance: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
}

const GROUPS_PER_PAGE = 500;

/** Every image of every group, a page of groups at a time. */
export async function* exportRows(db: Db, of: GroupsOf): AsyncGenerator<ExportRow> {
  for (let after = 0; ; ) {
    const rows = await listGroups(db, of, EVERY_GROUP, { by: "number", after }, GROUPS_PER_PAGE);
    for (const group of await groupResources(db, rows)) yield* rowsOf(group);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

const rowsOf = ({ number, kind, keeper, decision, members }: z.infer<typeof Group>): ExportRow[] =>
  members.map(({ ordinal, path, distance, width, height, bytes }) => ({
    group: number,
    kind,
    ordinal,
    path,
    decision:
      decision === null
        ? null
        : decision.verdict !== "keep"
          ? "not-duplicates"
          : decision.keep.includes(ordinal)
            ? "keep"
            : "remove",
    suggestion: ordinal === keeper ? "keep" : "remove",
    distance,
    width: width ?? null,
    height: height ?? null,
    bytes: bytes ?? null,
  }));

/** Where the files are, for the formats that name them in full. */
interface Place {
  readonly catalog: string;
  readonly root: string;
}

/** A file of the rows in a format; names are the bytes that they are on disk. */
export async function* exportFile(
  format: ExportFormat,
  rows: AsyncIterable<ExportRow>,
  place: Place,
): AsyncGenerator<Buffer> {
  yield Buffer.from(HEADS[format](place));
  for await (const row of rows) {
    const line = LINES[format](row, place);
    if (line !== null) yield Buffer.from(bytesOfName(`${line}\n`));
  }
}

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

const HEADS: Record<ExportFormat, (place: Place) => string> = {
  csv: () => `${COLUMNS.join(",")}\n`,
  ndjson: () => "",
  sh: ({ catalog, root }) => `#!/bin/sh
# Lookalike: the files of catalog ${catalog.replace(/[^\x20-\x7e]/g, "?")} that were decided to go.
# Only says what it would do, unless you give it a command for each file:
#   sh FILE 'mv -n -t /some/folder'
set -eu
act=\${1:-echo}
cd -- ${quoted(root)}
`,
  tags: () => "SourceFile,XMP-digiKam:TagsList\n",
};

const LINES: Record<ExportFormat, (row: ExportRow, place: Place) => string | null> = {
  csv: (row) => COLUMNS.map((column) => field(row[column])).join(","),
  ndjson: (row) => JSON.stringify(row),
  // A name of its own folder never looks like an option.
  sh: ({ decision, path }) => (decision === "remove" ? `$act ${quoted(`./${path}`)}` : null),
  tags: ({ decision, path }, { root }) =>
    decision === null ? null : `${field(`${root}/${path}`)},${field(`Lookalike/${TAGS[decision]}`)}`,
};

const TAGS = { keep: "Keep", remove: "Remove", "not-duplicates": "Not duplicates" } as const;

/** RFC 4180. */
const field = (value: string | number | null): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One word for any POSIX shell: nothing is special between single quotes but the quote itself. */
const quoted = (name: string): string => `'${name.replaceAll("'", `'\\''`)}'`;
