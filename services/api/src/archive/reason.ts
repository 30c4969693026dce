import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Refusal } from "./manifest.ts";

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "its folder may not be changed: permission denied",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is larger than that disk can hold",
  EINVAL: "the path or the name is not possible there",
  EIO: "the disk reports an error",
  ELOOP: "a link has taken the place of the file or of a folder above it",
  ENAMETOOLONG: "the name is too long for that disk",
  ENOENT: "the file is gone",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file has taken the place of a folder above it",
  EPERM: "its folder may not be changed: the system does not permit it",
  EROFS: "the disk or folder is read-only",
};

/** What glibc and musl call these errors, by which programs report them. */
const SYSTEM_TEXTS: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/No space left on device/, "ENOSPC"],
  [/Disk quota exceeded|Quota exceeded/, "EDQUOT"],
  [/File too large/, "EFBIG"],
  [/Read-only file system/, "EROFS"],
  [/Permission denied/, "EACCES"],
  [/Operation not permitted/, "EPERM"],
  [/Input\/output error|I\/O error/, "EIO"],
];

/** Why a program that was called in the C locale failed, in words; null where its message names no error of the system. */
export const reasonOfProgram = (message: string): string | null => {
  const code = SYSTEM_TEXTS.find(([pattern]) => pattern.test(message))?.[1];
  return code === undefined ? null : (WORDS[code] ?? null);
};

/** Why a file could not be moved, in words. */
export const reasonOf = (error: unknown): string =>
  WORDS[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);

export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Why an archive's own folder can't be used, in words. */
export const folderReasonOf = (error: unknown): string => {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "the folder is missing";
    case "ELOOP":
      return "a link has taken its place, and no link is followed";
    default:
      return reasonOf(error);
  }
};

/** PostgreSQL stores no half characters. */
export const storable = ({ path, reason }: Refusal): Refusal => ({
  path: path.toWellFormed(),
  reason: reason.toWellFormed(),
});
