import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { rootBytes, rootOfBytes } from "@lookalike/shared/domain/primitives/root-path";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import type { ExportRow, Layout } from "./export-rows.ts";
import { noFiles } from "./no-files.ts";

/**
 * What a script compares before a command, so that the image is still the one that was decided about: the SHA-256 of a
 * file, the ETag of an object; null where that is not known.
 */
export const identityIn = ({ source }: Pick<CatalogRow, "source">, image: CatalogImage): string | null => {
  if (source.kind === "s3") return image.fingerprint;
  return image.contentDigest === null ? null : toHex(image.contentDigest);
};

/**
 * A shell script over the images to remove: by paths below a folder that it enters, or by the addresses of objects.
 * Before each command it looks for an image of the group that stays and is as it was.
 * @throws HttpProblem 422 for given hashes: what looks like a path in them is none
 */
export const scriptLayout = ({ name, source }: Pick<CatalogRow, "name" | "source">): Layout => {
  switch (source.kind) {
    case "directory":
      return {
        head: `${scriptHead(name, "mv -n -t /some/folder")}cd -- ${quotedRoot(source.root)}\n${FILE_FUNCTIONS}${GO_FUNCTION}`,
        // A path that begins with ./ is never read as an option.
        linesOf: (group) => scriptLines(group, (path) => `./${path}`),
        tail: TAIL,
      };
    case "s3":
      return {
        head: `${scriptHead(name, "aws s3 rm")}bucket=${quoted(source.bucket)}\n${OBJECT_FUNCTIONS}${GO_FUNCTION}`,
        linesOf: (group) => scriptLines(group, (path) => `${source.prefix}${path}`),
        tail: TAIL,
      };
    case "hashes":
      throw noFiles("sh", "is of hashes, which have no files. Use csv or ndjson.");
  }
};

/** A root for a shell script: printf writes the bytes of a path that is not UTF-8. */
const quotedRoot = (root: string): string => {
  const bytes = rootBytes(root);
  if (rootOfBytes(bytes) === bytes.toString()) return quoted(bytes.toString());
  return `"$(printf '${[...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}')"`;
};

const scriptHead = (catalog: string, example: string): string => `#!/bin/sh
# Lookalike: the files of catalog ${catalog.replace(/[^\x20-\x7e]/g, "?")} that were decided to go.
# Only says what it would do, unless you give it a command for each file:
#   sh FILE '${example}'
# Before each command it looks for an image of the group that stays, and compares its content with what was decided about.
# It ends with 1 if it left a file for want of one.
set -eu
show() { printf '%s\\n' "$1"; }
act=\${1:-show}
left=0
leave() {
  printf 'left %s: %s\\n' "$1" "$2" >&2
  left=1
}
`;

/** The digest is of standard input, whatever the file's name is. `-ef`: two names of one file. */
const FILE_FUNCTIONS = `if command -v sha256sum >/dev/null 2>&1; then
  digest() { sha256sum; }
elif command -v shasum >/dev/null 2>&1; then
  digest() { shasum -a 256; }
else
  echo 'This needs sha256sum or shasum, to compare files.' >&2
  exit 69
fi
address=
is_as_it_was() { [ -f "$2" ] && [ ! -h "$2" ] && [ "$(digest <"$2" | cut -c 1-64)" = "$1" ]; }
is_same() { [ "$1" -ef "$2" ]; }
`;

const OBJECT_FUNCTIONS = `if ! command -v aws >/dev/null 2>&1; then
  echo 'This needs the AWS command line, to look for the objects that stay.' >&2
  exit 69
fi
address="s3://$bucket/"
is_as_it_was() { aws s3api head-object --bucket "$bucket" --key "$2" --if-match "$1" >/dev/null 2>&1; }
is_same() { [ "$1" = "$2" ]; }
`;

/** Called with what the file was and its name, then the same of each image that stays. */
const GO_FUNCTION = `go() {
  was=$1 name=$2
  shift 2
  if ! is_as_it_was "$was" "$name"; then
    leave "$address$name" 'it is not what was decided about'
    return 0
  fi
  while [ $# -gt 0 ]; do
    if is_as_it_was "$1" "$2" && ! is_same "$2" "$name"; then
      $act "$address$name"
      return 0
    fi
    shift 2
  done
  leave "$address$name" 'no image that stays is as it was'
}
`;

const TAIL = `exit "$left"\n`;

/** A call for each image to remove. An image whose content is not known is never there as it was. */
const scriptLines = (group: readonly ExportRow[], nameOf: (path: string) => string): string[] => {
  const words = ({ identity, path }: ExportRow): string =>
    identity === null ? "" : ` ${quoted(identity)} ${quoted(nameOf(path))}`;
  const staying = group.filter(({ decision }) => decision === "keep").map(words);
  return group
    .filter(({ decision }) => decision === "remove")
    .map((row) =>
      row.identity === null || staying.join("") === ""
        ? `leave ${quoted(nameOf(row.path))} 'no image that stays was ever read'`
        : `go${words(row)}${staying.join("")}`,
    );
};

/** One word for any POSIX shell: between single quotes, only the quote itself is special. */
const quoted = (name: string): string => `'${name.replaceAll("'", `'\\''`)}'`;
