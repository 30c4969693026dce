import { access, constants, stat } from "node:fs/promises";
import type { Source } from "@lookalike/shared/domain/job/source";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

/** Reports at once what would fail the job only later. @throws OperatorError */
export const checkSource = async (source: Source): Promise<void> => {
  switch (source.kind) {
    case "directory":
      if (!(await find(rootBytes(source.root), source.root, "folder")).isDirectory())
        throw problem(`${source.root}: not a folder. For a file of hashes: npm start -- hashes:FILE.ndjson`);
      return requireAccess(rootBytes(source.root), source.root, "folder", constants.R_OK | constants.X_OK);
    case "hashes":
      if ((await find(source.file, source.file, "file")).isDirectory()) throw problem(`${source.file}: not a file.`);
      return requireAccess(source.file, source.file, "file", constants.R_OK);
    case "s3":
      // The bucket's credentials are the hasher's, which reports what it may not read.
      return;
    default:
      // A function that returns nothing may also end here: without this line, a new kind would compile unchecked.
      source satisfies never;
  }
};

const problem = (message: string): OperatorError => new OperatorError(message, EXIT.noInput);

const find = (place: string | Buffer, path: string, what: string) =>
  stat(place).catch((error: NodeJS.ErrnoException) => {
    throw problem(
      error.code === "ENOENT"
        ? `${path}: there is no such ${what}. Give one that exists.`
        : `${path}: can't be opened (${error.message}).`,
    );
  });

const requireAccess = (place: string | Buffer, path: string, what: string, mode: number): Promise<void> =>
  access(place, mode).catch(() => {
    throw problem(`${path}: this ${what} may not be read by you. Change its permissions, or give another.`);
  });
