import { spawn } from "node:child_process";
import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, rename } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { type Place, pathOf } from "@lookalike/shared/sources/folder-handle";
import type { Attributes } from "./manifest.ts";
import { createFileAt, digestAt, isSameFile, linkTo, MoveRefused, removeAt, statAt } from "./place.ts";
import { reasonOfProgram } from "./reason.ts";

/** Where a copy is made, and what it must be. */
export interface Copy {
  /** No file has this name yet. */
  readonly to: Place;
  /** What the file must be, in hexadecimal. */
  readonly sha256: string;
  /** A short name that no other file has: for what is unfinished. */
  readonly spareName: Buffer;
  /** What the copy gets, as far as its disk can hold it; null = what the file has. */
  readonly attributes: Attributes | null;
  /** Where another name of the same file was copied to; null where it has none. */
  readonly twin: Place | null;
  /** Throws where another process may work on the archive by now. */
  readonly requireHeld: () => Promise<void>;
}

/** The unfinished copy at a place. */
const partOf = ({ to, spareName }: Pick<Copy, "to" | "spareName">): Place => ({
  ...to,
  name: Buffer.concat([spareName, Buffer.from(".part")]),
});

/** Removes what a copy that was interrupted has left. */
export const removePart = (copy: Pick<Copy, "to" | "spareName">): Promise<void> => removeAt(partOf(copy));

/**
 * Copies an open file to a new name on another disk: whole and on the disk when it has the name, and compared.
 * @throws MoveRefused where the copy would not be as the file is; then there is none
 */
export const copyFileTo = async (
  { to, sha256, spareName, attributes, twin, requireHeld }: Copy,
  file: FileHandle,
  stats: BigIntStats,
): Promise<void> => {
  if (twin !== null && (await linkToTwin(twin, to, sha256))) return;
  if (process.geteuid !== undefined && process.geteuid() !== 0 && stats.uid !== BigInt(process.geteuid()))
    throw new MoveRefused("it belongs to another user, and a copy would belong to you");
  const part = partOf({ to, spareName });
  const copy = await createFileAt(part, constants.O_RDWR);
  const own = await copy.stat({ bigint: true });
  try {
    await copyContent(file, copy);
    await setAttributes(copy, attributes ?? attributesOf(stats));
    await copy.sync();
    if ((await sha256Of(copy)) !== sha256) throw new MoveRefused("the copy is not the same");
    await requireHeld();
    if (await linkTo(part, to)) return;
    // This file system has no links. A rename could replace a file, so it is looked for once more.
    if ((await statAt(to)) !== null) throw new MoveRefused("there is another file under that name");
    await rename(pathOf(part), pathOf(to));
  } finally {
    await copy.close();
    const left = await statAt(part);
    // Another process that works on the archive by now has its own one.
    if (left !== null && isSameFile(left, own)) await removeAt(part);
  }
};

const linkToTwin = async (twin: Place, to: Place, sha256: string): Promise<boolean> =>
  (await statAt(twin))?.isFile() === true && (await digestAt(twin)) === sha256 && (await linkTo(twin, to));

export const attributesOf = ({ mode, uid, gid, mtimeNs }: BigIntStats): Attributes => ({
  mode: Number(mode & 0o7777n),
  uid: Number(uid),
  gid: Number(gid),
  mtimeNs: String(mtimeNs),
});

/** With extended attributes and access lists, which Node can't read; `cp` gets both files open, so no name leads astray. */
const copyContent = async (from: FileHandle, to: FileHandle): Promise<void> => {
  if (process.platform !== "linux") return copyBytes(from, to);
  const { code, message } = await runWith("cp", ["--preserve=mode,timestamps,xattr", FIRST, SECOND], [from, to]);
  if (code === 0) return;
  // BusyBox has no such option, and copies no extended attributes.
  if (code === null || /unrecognized option|ENOENT/.test(message)) return copyBytes(from, to);
  throw new MoveRefused(
    reasonOfProgram(message) ??
      `it can't be copied as it is: ${message.replaceAll(/'?\/proc\/self\/fd\/\d'?:?\s*/g, "").trim()}`,
  );
};

/** As far as the file system, and the user, can: a file is worth more than its mode. */
const setAttributes = async (file: FileHandle, { mode, uid, gid, mtimeNs }: Attributes): Promise<void> => {
  const before = attributesOf(await file.stat({ bigint: true }));
  if (before.uid !== uid || before.gid !== gid) await file.chown(uid, gid).catch(() => undefined);
  await file.chmod(mode).catch(() => undefined);
  if (before.mtimeNs !== mtimeNs) await setModified(file, mtimeNs).catch(() => undefined);
};

/** Sets a modification time to the nanosecond: Node's own call rounds it to a double. */
export const setModified = async (file: FileHandle, mtimeNs: string): Promise<void> => {
  const { code } =
    process.platform === "linux"
      ? await runWith("touch", ["-c", "-m", "-d", `@${secondsText(BigInt(mtimeNs))}`, FIRST], [file])
      : { code: null };
  if (code === 0) return;
  const { atimeMs } = await file.stat();
  await file.utimes(atimeMs / 1_000, Number(mtimeNs) / 1e9);
};

/** Nanoseconds as seconds with nine decimals. */
const secondsText = (ns: bigint): string => {
  const digits = (ns < 0n ? -ns : ns).toString().padStart(10, "0");
  return `${ns < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
};

const FIRST = "/proc/self/fd/3";
const SECOND = "/proc/self/fd/4";

/** Runs a program with files that are open, which it finds as its files 3, 4, …. */
const runWith = async (
  program: string,
  options: readonly string[],
  files: readonly FileHandle[],
): Promise<{ readonly code: number | null; readonly message: string }> => {
  const child = spawn(program, options, {
    stdio: ["ignore", "ignore", "pipe", ...files.map(({ fd }) => fd)],
    env: { ...process.env, LC_ALL: "C" },
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  const message = child.stderr === null ? "" : (await buffer(child.stderr)).toString();
  return { code: await ended, message };
};

const CHUNK_BYTES = 1_048_576;

const copyBytes = async (from: FileHandle, to: FileHandle): Promise<void> => {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await from.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    // A disk that has become full takes a part of it, and refuses the rest.
    for (let written = 0; written < bytesRead; ) {
      const { bytesWritten } = await to.write(chunk, written, bytesRead - written, position + written);
      written += bytesWritten;
    }
    position += bytesRead;
  }
};
