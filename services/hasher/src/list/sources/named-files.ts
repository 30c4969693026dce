import { posix } from "node:path";
import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { Source } from "@lookalike/shared/domain/job/source";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import {
  type Folder,
  lstatAt,
  namesOfPath,
  openRoot,
  type SourcePlace,
  withPlace,
} from "@lookalike/shared/sources/folder-handle";
import { escapesRoot, pathOfPlace } from "@lookalike/shared/sources/source-roots";
import pMap from "p-map";
import { isImageName } from "./classify.ts";
import { failedImage, fileImage, refuseRoot } from "./found-file.ts";
import { readBytes, readLines } from "./lines.ts";
import { LineCount, openTextFile } from "./text-file.ts";

type DirectorySource = Extract<Source, { kind: "directory" }>;

/** Files whose properties are read at the same time: a network share answers each in a millisecond or more. */
const FILES_AT_ONCE = 16;
const MAX_PATH_BYTES = 4_096;

/** A source whose list names its files. */
export interface ListedSource extends DirectorySource {
  readonly list: string;
}

/**
 * The files that a list names, in its order, by absolute paths or paths relative to the root. Nothing outside the root is
 * looked at. What a line says is repeated only where it names a file below the root, or could name a missing picture there:
 * else the line has its number.
 * @throws ListingError where the list or the root can't be read
 */
export async function* listNamed(
  source: ListedSource,
  root: SourcePlace,
  list: SourcePlace,
): AsyncGenerator<FoundImage> {
  const { handle, size } = await openTextFile(list, source.list);
  try {
    const folder = await openRoot(root).catch(refuseRoot(source.root));
    try {
      const count = new LineCount(source.list);
      const look = new NamedFiles(source, folder, [rootBytes(source.root), rootBytes(pathOfPlace(root))]);
      for await (const lines of readLines(readBytes(handle, 0, size), size, "latin1"))
        for (const image of await pMap(numbered(lines, count), (line) => look.imageOf(line), {
          concurrency: FILES_AT_ONCE,
        })) {
          if (image === null) continue;
          if (image.failure?.reason === "bad-line") count.addBad();
          yield image;
        }
    } finally {
      await folder.handle.close();
    }
  } finally {
    await handle.close();
  }
}

interface Line {
  readonly number: number;
  /** Each byte is one character. */
  readonly text: string;
}

const numbered = (lines: readonly string[], count: LineCount): Line[] =>
  lines.map((text) => {
    count.add();
    return { number: count.lines, text: text.endsWith("\r") ? text.slice(0, -1) : text };
  });

const NOT_BELOW = "not a file under the root of this source";

/** Finds the files of lines below an open root. */
class NamedFiles {
  readonly #source: ListedSource;
  readonly #root: Folder;
  /** The paths that lead to the root, in Latin-1. */
  readonly #rootPaths: readonly string[];

  constructor(source: ListedSource, root: Folder, rootPaths: readonly Buffer[]) {
    this.#source = source;
    this.#root = root;
    this.#rootPaths = rootPaths.map((path) => path.toString("latin1"));
  }

  /** The image of a line; null where the line is empty. */
  async imageOf({ number, text }: Line): Promise<FoundImage | null> {
    if (text === "") return null;
    const path = text.length > MAX_PATH_BYTES ? null : this.#pathBelow(text);
    if (path === null) return this.#badLine(number, NOT_BELOW);
    const name = nameOfBytes(path);
    try {
      return fileImage(name, await withPlace(this.#root, path, lstatAt));
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "ELOOP" || !isImageName(name, this.#source.svg)) return this.#badLine(number, NOT_BELOW);
      return ["ENOENT", "ENOTDIR"].includes(code)
        ? failedImage(name, "missing", "there is no such file")
        : failedImage(name, "unreadable", `can't be looked at: ${code}`);
    }
  }

  /** The path below the root that a line names; null where it leads elsewhere. */
  #pathBelow(text: string): Buffer | null {
    for (const root of this.#rootPaths) {
      const path = posix.relative(root, posix.resolve(root, text));
      const bytes = Buffer.from(path, "latin1");
      if (path !== "" && !escapesRoot(path) && namesOfPath(bytes) !== null) return bytes;
    }
    return null;
  }

  #badLine(number: number, detail: string): FoundImage {
    return foundImage({
      path: `line ${number} of ${posix.basename(this.#source.list)}`,
      fingerprint: "failed-bad-line",
      failure: failureOf("bad-line", detail),
    });
  }
}
